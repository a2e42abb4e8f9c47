# Only for the wheel's tag: it has a library inside, which is of a platform but of no Python.
from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.dist import Distribution


class Library(Distribution):
    def has_ext_modules(self):
        return True


class Wheel(bdist_wheel):
    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(distclass=Library, cmdclass={"bdist_wheel": Wheel})
