"""Builds the packages of clients/ and installs them, with the frameworks that the tests need, into
an environment of their own each, as a user does: `python3 packages.py`.

All that is downloaded stays in the build folder, so a second run asks no network. Where something
cannot be had, the tests are skipped (exit code 77), with the reason; they are never passed.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "clients"
LIBRARY = pathlib.Path(os.environ["RESCIND_LIBRARY_DIR"]) / "librescind.so"
BUILD = pathlib.Path(os.environ["RESCIND_CLIENTS_DIR"])
PYTHON = BUILD / "python" / "bin" / "python"
NODE = shutil.which("node")
NODE_FOLDER = BUILD / "node"
WHEELS = BUILD / "wheels"
SKIPPED = 77

ENVIRONMENT = {
    **os.environ,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "1", "PIP_TIMEOUT": "30",
    "npm_config_cache": str(BUILD / "npm"), "npm_config_prefer_offline": "true",
    "npm_config_update_notifier": "false", "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000", "npm_config_fetch_retry_maxtimeout": "1000",
    "npm_config_audit": "false", "npm_config_fund": "false",
}
OFFLINE = {**ENVIRONMENT, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS),
           "PYTHON": str(PYTHON), "npm_config_offline": "true"}


class Unavailable(Exception):
    pass


def run(*command, environment, cwd=None):
    done = subprocess.run([str(part) for part in command], env=environment, cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}")


def fetch(*command, cwd=None):
    try:
        run(*command, environment=ENVIRONMENT, cwd=cwd)
    except (RuntimeError, OSError) as error:
        raise Unavailable(str(error)) from None


def contents(*paths):
    """A hash of all that is in these files and folders, and of what runs it."""
    digest = hashlib.sha256(f"{sys.version} {NODE}".encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.name} ".encode() + file.read_bytes())
    return digest.hexdigest()


def once(name, inputs, step):
    """Does `step` where it has not been done with these inputs."""
    stamp = BUILD / f"{name}.stamp"
    wanted = contents(*inputs)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    step()
    stamp.write_text(wanted)


def tools():
    for program in ("node", "npm", "cc", "strip", "objdump"):
        if not shutil.which(program):
            raise Unavailable(f"there is no {program}; Debian: nodejs npm python3-venv binutils gcc")


def python_environment():
    fetch(sys.executable, "-m", "venv", "--clear", BUILD / "python")
    requirements = HERE / "requirements.txt"
    install = (PYTHON, "-m", "pip", "install", "--quiet", "-r", requirements)
    try:
        run(*install, environment=OFFLINE)
    except RuntimeError:  # not all of them are here
        fetch(PYTHON, "-m", "pip", "download", "--quiet", "--dest", WHEELS, "-r", requirements)
        run(*install, environment=OFFLINE)


def node_environment():
    for source in (SOURCES / "node", HERE):
        shutil.rmtree(NODE_FOLDER, ignore_errors=True)
        NODE_FOLDER.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, NODE_FOLDER)
        fetch("npm", "ci", "--ignore-scripts", cwd=NODE_FOLDER)


def built(language, pattern):
    """The one package that its build.sh makes."""
    out = BUILD / f"{language}-package"
    shutil.rmtree(out, ignore_errors=True)
    run(SOURCES / language / "build.sh", LIBRARY.parent, out, environment=OFFLINE)
    (package,) = out.glob(pattern)
    return package


def python_package():
    wheel = built("python", "rescind-*-py3-none-linux_*.whl")
    run(PYTHON, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", wheel,
        environment=OFFLINE)


def node_package():
    tarball = built("node", "rescind-*.tgz")
    run("npm", "install", "--no-save", "--ignore-scripts", tarball, environment=OFFLINE,
        cwd=NODE_FOLDER)


def prepare():
    """Raises Unavailable, with the reason."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tools()
        once("python", [HERE / "requirements.txt"], python_environment)
        once("node", [HERE / "package-lock.json", SOURCES / "node" / "package-lock.json"],
             node_environment)
        once("python-package", [LIBRARY, SOURCES / "python", BUILD / "python.stamp"],
             python_package)
        once("node-package", [LIBRARY, SOURCES / "node", BUILD / "node.stamp"], node_package)


def prepare_or_skip():
    try:
        prepare()
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)


if __name__ == "__main__":
    prepare_or_skip()
