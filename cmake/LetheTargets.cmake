# lethe_library(NAME FOLDERS a b EXTERNAL PkgConfig::x): the library of this folder.
# FOLDERS are the folders whose headers it may include; EXTERNAL stays private to it.
function(lethe_library name)
    cmake_parse_arguments(ARG "" "" "FOLDERS;EXTERNAL" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    # A program is built from its own file: main.c, bench_NAME.c.
    list(FILTER sources EXCLUDE REGEX "/(main|bench_[a-z_]*)\\.c$")
    if(NOT sources) # a folder that holds only headers so far
        add_library(lethe_${name} INTERFACE)
        target_include_directories(lethe_${name} INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
        foreach(folder IN LISTS ARG_FOLDERS)
            target_link_libraries(lethe_${name} INTERFACE lethe_${folder})
        endforeach()
        target_link_libraries(lethe_${name} INTERFACE ${ARG_EXTERNAL} Threads::Threads)
        return()
    endif()
    add_library(lethe_${name} STATIC ${sources})
    target_include_directories(lethe_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
    foreach(folder IN LISTS ARG_FOLDERS)
        target_link_libraries(lethe_${name} PUBLIC lethe_${folder})
    endforeach()
    target_link_libraries(lethe_${name} PRIVATE ${ARG_EXTERNAL} Threads::Threads)
endfunction()

# lethe_unit_tests(FOLDER): every tests/FOLDER/test_*.c is a program of its own, linked to that
# folder's library and what the library itself may use, nothing more.
function(lethe_unit_tests folder)
    cmake_parse_arguments(ARG "" "" "ALSO" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/test_*.c)
    foreach(source IN LISTS sources)
        get_filename_component(test ${source} NAME_WE)
        add_executable(${folder}_${test} ${source})
        target_link_libraries(${folder}_${test} PRIVATE lethe_test_support PkgConfig::CMOCKA Threads::Threads)
        foreach(library IN ITEMS ${folder} LISTS ARG_ALSO)
            target_link_libraries(${folder}_${test} PRIVATE lethe_${library})
        endforeach()
        target_compile_definitions(${folder}_${test} PRIVATE
            LETHE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LETHE_BINARY_DIR="${CMAKE_BINARY_DIR}")
        add_test(NAME ${folder}/${test} COMMAND ${folder}_${test})
        set(seconds 300)
        if(LETHE_COVERAGE) # neither optimised nor quick to count
            set(seconds 900)
        endif()
        set_tests_properties(${folder}/${test} PROPERTIES TIMEOUT ${seconds})
    endforeach()
endfunction()
