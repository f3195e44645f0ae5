// Nothing: it is compiled for what it includes, see meson.build.
