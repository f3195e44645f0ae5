#!/usr/bin/env python3
"""A stranger's project builds on the installed library, by pkg-config and by CMake's find_package, and on its sources, as a
Meson subproject, by CMake's FetchContent and by add_subdirectory; another one brings doctest and range-v3 by our wraps, whose sources are a repository made of the system's
headers. Where there is no cmake, git or range-v3, that part is left out, and says so.

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


def outcome(*command, folder=None, **env):
    print("$", *command, flush=True)
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE, cwd=folder,
                          stderr=subprocess.STDOUT, env={**os.environ, **{k: str(v) for k, v in env.items()}})
    print(done.stdout, flush=True)
    return done


def run(*command, **env):
    done = outcome(*command, **env)
    if done.returncode:
        sys.exit(f"failed: {command[0]} gave {done.returncode}")
    return done.stdout


def refused(why, *command, folder=None, **env):
    """The command fails, and says why."""
    done = outcome(*command, folder=folder, **env)
    said = " ".join(done.stdout.split())
    if done.returncode == 0 or why not in said:
        sys.exit(f"failed: {command[0]} gave {done.returncode}, and should have said: {why}")


def build_and_run(build, headers, **env):
    """Builds the stranger and looks where the compiler found its headers."""
    run("meson", "test", "-C", build, **env)
    check_headers(build, headers)


def check_headers(build, headers, header="sluice/sluice.hpp"):
    read = set(re.findall(rf"(\S*/){re.escape(header)}", run("ninja", "-C", build, "-t", "deps")))
    where = {(build / folder).resolve() for folder in read}
    if where != {headers.resolve()}:
        sys.exit(f"failed: {header} was read from {where}, not from {headers}")


def repository(folder, *headers):
    """A git repository of these headers, each given with the name it has there; its revision."""
    for source, name in headers:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    git = ["git", "-C", folder, "-c", "user.name=stranger", "-c", "user.email=stranger@localhost"]
    run("git", "init", "-q", folder)
    run(*git, "add", ".")
    run(*git, "commit", "-q", "-m", "headers")
    return run(*git, "rev-parse", "HEAD").strip()


def wrapped(source, top):
    """A stranger's project with our wraps, which fetch from this machine instead of from afar."""
    stranger = top / "stranger_wraps"
    shutil.copytree(source / "tests/install/stranger_wraps", stranger)
    shutil.copytree(source / "subprojects", stranger / "subprojects",
                    ignore=lambda folder, names: [n for n in names if Path(folder) == source / "subprojects"
                                                  and n != "packagefiles" and not n.endswith(".wrap")])
    copy = stranger / "subprojects/sluice"
    copy.mkdir()
    for file in ("meson.build", "meson_options.txt"):
        shutil.copy(source / file, copy)
    shutil.copytree(source / "include", copy / "include")
    include = Path("/usr/include")
    for name, headers in {
        "doctest": [(include / "doctest", "doctest")],
        "range-v3": [(include / part, f"include/{part}") for part in ("range", "concepts", "meta", "std")],
    }.items():
        made = top / f"{name}.git"
        revision = repository(made, *[(path, at) for path, at in headers if path.exists()])
        wrap = stranger / f"subprojects/{name}.wrap"
        text = re.sub(r"^url = .*$", f"url = file://{made}", wrap.read_text(), flags=re.MULTILINE)
        text = re.sub(r"^revision = .*$", f"revision = {revision}", text, flags=re.MULTILINE)
        wrap.write_text(text.replace("depth = 1\n", ""))
    run("meson", "setup", top / "wraps", stranger, "--wrap-mode=forcefallback")
    run("meson", "test", "-C", top / "wraps")
    for name, header in {"doctest": "doctest/doctest.h", "range-v3": "range/v3/view/iota.hpp"}.items():
        folders = [path.parents[header.count("/")] for path in (stranger / "subprojects").glob(f"*/**/{header}")]
        if len(folders) != 1:
            sys.exit(f"failed: the wrap of {name} brought {folders}")
        check_headers(top / "wraps", folders[0], header)


def main():
    source = Path(sys.argv[1]).resolve()
    for name in ("CPATH", "CPLUS_INCLUDE_PATH", "CXXFLAGS", "CPPFLAGS", "DESTDIR"):
        os.environ.pop(name, None)
    os.environ["CXXFLAGS"] = "-O0 -g0"
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        stranger = top / "stranger"
        shutil.copytree(source / "tests/install/stranger", stranger)

        prefix = top / "prefix"
        run("meson", "setup", top / "library", source, "--prefix", prefix, "-Dtests=false")
        run("meson", "install", "-C", top / "library", "--quiet")
        built = [path for pattern in ("*.o", "*.a") for path in (top / "library").rglob(pattern)]
        if built:
            sys.exit(f"failed: meson install waited for {built}, which nobody who installs headers needs")
        where = {"PKG_CONFIG_PATH": prefix / "share/pkgconfig"}
        run("meson", "setup", top / "installed", stranger, "--wrap-mode=nofallback", **where)
        build_and_run(top / "installed", prefix / "include", **where)

        compiled = top / "compiled"
        run("meson", "setup", top / "compiled_library", source, "--prefix", compiled, "--libdir", "lib", "-Dtests=false", "-Dcompiled=true")
        run("meson", "install", "-C", top / "compiled_library", "--quiet")
        where = {"PKG_CONFIG_PATH": f"{compiled}/share/pkgconfig:{compiled}/lib/pkgconfig"}
        run("meson", "setup", top / "installed_compiled", stranger, "--wrap-mode=nofallback", "-Dcompiled=true", **where)
        build_and_run(top / "installed_compiled", compiled / "include", **where)
        refused("compiledWithDebugContainers", "sh", "-c", "g++ -std=c++20 -D_GLIBCXX_DEBUG main.cpp -o other "
                "$(pkg-config --cflags --libs sluice-compiled)", folder=stranger, **where)

        copy = stranger / "subprojects/sluice"
        copy.mkdir(parents=True)
        for file in ("meson.build", "meson_options.txt"):
            shutil.copy(source / file, copy)
        shutil.copytree(source / "include", copy / "include")
        run("meson", "setup", top / "embedded", stranger, "--force-fallback-for=sluice,sluice-compiled", "-Dcompiled=true")
        build_and_run(top / "embedded", copy / "include")

        if shutil.which("git") and Path("/usr/include/range/v3").exists() and Path("/usr/include/doctest").exists():
            wrapped(source, top)
        else:
            print("install: git or range-v3 is not installed: the wraps are not tried")

        if shutil.which("cmake"):
            cmake = top / "stranger_cmake"
            shutil.copytree(source / "tests/install/stranger_cmake", cmake)
            for unit in ("main.cpp", "counting.cpp"):
                shutil.copy(source / "tests/install/stranger" / unit, cmake)
            run("cmake", "-G", "Ninja", "-S", cmake, "-B", top / "cmake", f"-DCMAKE_PREFIX_PATH={prefix}")
            run("cmake", "--build", top / "cmake")
            run(top / "cmake/stranger")
            check_headers(top / "cmake", prefix / "include")

            fetch = top / "stranger_fetch"
            shutil.copytree(source / "tests/install/stranger_fetch", fetch)
            sources = top / "sources"
            shutil.copytree(source / "include", sources / "include")
            for name, option in {"fetched": "OFF", "subdirectory": "ON"}.items():
                run("cmake", "-G", "Ninja", "-S", fetch, "-B", top / name, f"-DSLUICE_SOURCES={sources}", f"-DSLUICE_AS_SUBDIRECTORY={option}")
                run("cmake", "--build", top / name)
                run(top / name / "stranger")
                check_headers(top / name, sources / "include", "sluice/batch.hpp")

            version = re.search(r"version: '(\d+)\.(\d+)\.\d+'", (source / "meson.build").read_text())
            another = f"{version[1]}.{int(version[2]) + 1}"
            lists = cmake / "CMakeLists.txt"
            text = lists.read_text()
            lists.write_text(re.sub(r"find_package\(sluice \S+", f"find_package(sluice {another}", text))
            refused(f'compatible with requested version "{another}"', "cmake", "-S", cmake, "-B", top / "version", f"-DCMAKE_PREFIX_PATH={prefix}")
            lists.write_text(text)
            refused("sluice needs the headers of Boost.Hana (Debian: libboost-dev)", "cmake", "-S", cmake, "-B", top / "hana",
                    f"-Dsluice_DIR={prefix}/share/cmake/sluice", f"-DCMAKE_FIND_ROOT_PATH={top}", "-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY")
        else:
            print("install: cmake is not installed: find_package(sluice) is not tried")
    print("install: all of them build and run")


if __name__ == "__main__":
    main()
