# How every target of the project is compiled: language, warnings, hardening, sanitizers.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g") # asserts stay on: they hold invariants of what leaves
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")

set(LETHE_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined")
option(LETHE_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
option(LETHE_COVERAGE "Instrument for line coverage" OFF)

add_compile_options(
    -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wpointer-arith -Wundef
    -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wwrite-strings -Wcast-align
    -fno-strict-aliasing -fno-semantic-interposition -fstack-protector-strong)
add_compile_definitions(_GNU_SOURCE)
add_link_options(-Wl,-z,relro,-z,now)

if(LETHE_SANITIZE)
    add_compile_options(-fsanitize=${LETHE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${LETHE_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(LETHE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(LETHE_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
