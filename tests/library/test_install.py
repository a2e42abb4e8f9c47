"""What `make install` installs of the library is all that an outside program needs."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ["RESCIND_BUILD"]
CMAKE = os.environ["CMAKE_COMMAND"]
CC, CXX = os.environ["CC"], os.environ["CXX"]
OUTSIDE = pathlib.Path(__file__).resolve().parent / "outside"
CONFIG = '{"index":"/dev/shm/no-such-rescind.index","issuers":[]}'
# There is no index, and the token is none.
SAYS = re.compile(r"^\d+\.\d+\.\d+ malformed stale: .*no-such-rescind\.index.*No such file")


def run(*arguments, **more):
    result = subprocess.run(arguments, capture_output=True, text=True, check=False, **more)
    if result.returncode != 0:
        raise AssertionError(f"{arguments} ends with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="rescind-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        first = cls.folder / "first"
        run(CMAKE, "--install", BUILD, "--prefix", first, "--component", "library")
        # As a package's user has it: somewhere else than where it was installed to.
        cls.prefix = cls.folder / "moved"
        first.rename(cls.prefix)
        cls.library = next(cls.prefix.rglob("librescind.so.0"))

    def test_a_cxx_program_finds_it_as_a_cmake_package(self):
        build = self.folder / "cxx"
        run(CMAKE, "-S", OUTSIDE, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={CXX}")
        run(CMAKE, "--build", build)
        self.assertRegex(run(build / "outside", CONFIG, "token"), SAYS)

    def test_a_c_program_finds_it_by_pkg_config(self):
        folder = next(self.prefix.rglob("rescind.pc")).parent
        flags = run("pkg-config", "--cflags", "--libs", "rescind",
                    env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).split()
        program = self.folder / "outside-c"
        run(CC, "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror",
            OUTSIDE / "outside.c", "-o", program, *flags)
        said = run(program, CONFIG, "token", env={"LD_LIBRARY_PATH": str(self.library.parent)})
        self.assertRegex(said, SAYS)

    def test_it_shows_nothing_but_its_two_headers(self):
        symbols = run("nm", "-D", "-C", "--defined-only", self.library).splitlines()
        names = [line.split(" ", 2)[2] for line in symbols]
        self.assertIn("rescind_open@@RESCIND_0", names)
        self.assertIn("rescind_verify_at@@RESCIND_1", names)
        self.assertEqual(sum("Verifier::verify_at(" in name and name.endswith("@@RESCIND_1")
                             for name in names), 1)
        shown = re.compile(r"rescind_[a-z_]+@@RESCIND_[01]|"
                           r"rescind::Verifier::[a-z~V]\w*\(.*@@RESCIND_[01]|RESCIND_[01]$")
        self.assertEqual([name for name in names if not shown.match(name)], [])

    def test_it_shows_all_of_the_c_header(self):
        header = next(self.prefix.rglob("rescind.h")).read_text()
        declared = set(re.findall(r"\b(rescind_\w+)\(", header.split("#define RESCIND_ABI")[1]))
        declared = {name for name in declared if not name.endswith("_t")}
        symbols = run("nm", "-D", "--defined-only", self.library)
        exported = set(re.findall(r" T (rescind_\w+)@@", symbols))
        # In comments only the functions themselves are named with a bracket.
        self.assertEqual(declared, exported)

    def test_its_name_says_which_programs_it_fits(self):
        said = run("readelf", "-d", self.library)
        self.assertIn("[librescind.so.0]", said)
        self.assertNotIn("RPATH", said)
        self.assertNotIn("RUNPATH", said)


if __name__ == "__main__":
    unittest.main()
