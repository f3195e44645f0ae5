#!/usr/bin/env python3
"""A stranger's project builds on the installed library, by pkg-config and by CMake's find_package, and on its sources, as a
Meson subproject. Where there is no cmake, that part is left out, and says so.

    run.py <source folder of sluice>

All of it stands in a temporary folder; the checkout's own headers must not be read.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def run(*command, **env):
    print("$", *command, flush=True)
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, **{k: str(v) for k, v in env.items()}})
    print(done.stdout, flush=True)
    if done.returncode:
        sys.exit(f"failed: {command[0]} gave {done.returncode}")
    return done.stdout


def build_and_run(build, headers, **env):
    """Builds the stranger and looks where the compiler found its headers."""
    run("meson", "test", "-C", build, **env)
    check_headers(build, headers)


def check_headers(build, headers):
    read = set(re.findall(r"(\S*/)sluice/sluice\.hpp", run("ninja", "-C", build, "-t", "deps")))
    where = {(build / folder).resolve() for folder in read}
    if where != {headers.resolve()}:
        sys.exit(f"failed: headers were read from {where}, not from {headers}")


def main():
    source = Path(sys.argv[1]).resolve()
    for name in ("CPATH", "CPLUS_INCLUDE_PATH", "CXXFLAGS", "CPPFLAGS", "DESTDIR"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        stranger = top / "stranger"
        shutil.copytree(source / "tests/install/stranger", stranger)

        prefix = top / "prefix"
        run("meson", "setup", top / "library", source, "--prefix", prefix)
        run("meson", "install", "-C", top / "library", "--no-rebuild", "--quiet")
        where = {"PKG_CONFIG_PATH": prefix / "share/pkgconfig"}
        run("meson", "setup", top / "installed", stranger, "--wrap-mode=nofallback", **where)
        build_and_run(top / "installed", prefix / "include", **where)

        copy = stranger / "subprojects/sluice"
        copy.mkdir(parents=True)
        shutil.copy(source / "meson.build", copy)
        shutil.copytree(source / "include", copy / "include")
        run("meson", "setup", top / "embedded", stranger, "--force-fallback-for=sluice")
        build_and_run(top / "embedded", copy / "include")

        if shutil.which("cmake"):
            cmake = top / "stranger_cmake"
            shutil.copytree(source / "tests/install/stranger_cmake", cmake)
            shutil.copy(source / "tests/install/stranger/main.cpp", cmake)
            run("cmake", "-G", "Ninja", "-S", cmake, "-B", top / "cmake", f"-DCMAKE_PREFIX_PATH={prefix}")
            run("cmake", "--build", top / "cmake")
            run(top / "cmake/stranger")
            check_headers(top / "cmake", prefix / "include")
        else:
            print("install: cmake is not installed: find_package(sluice) is not tried")
    print("install: all of them build and run")


if __name__ == "__main__":
    main()
