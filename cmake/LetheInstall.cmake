# What a package holds beside its own files. Samples and schemas go where the program looks for them
# (LETHE_DATA_DIRECTORY, which a package sets; left at the checkout there is nothing to copy).
include(GNUInstallDirs)
if(TARGET lethe)
    install(TARGETS lethe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES packaging/bash-completion/lethe DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
if(NOT LETHE_DATA_DIRECTORY STREQUAL CMAKE_SOURCE_DIR)
    install(DIRECTORY examples DESTINATION ${LETHE_DATA_DIRECTORY})
    install(DIRECTORY schemas/shipped DESTINATION ${LETHE_DATA_DIRECTORY}/schemas)
    # A service's folder is whole, so that copying it to /etc/lethe is all that it takes.
    install(FILES schemas/shipped/click.yaml schemas/shipped/crash.yaml schemas/shipped/device.yaml
            DESTINATION ${LETHE_DATA_DIRECTORY}/examples/service/schemas)
    install(FILES schemas/shipped/default-policy.yaml RENAME default.yaml
            DESTINATION ${LETHE_DATA_DIRECTORY}/examples/service/policies)
    foreach(folder IN ITEMS prometheus grafana)
        if(EXISTS ${CMAKE_SOURCE_DIR}/packaging/${folder})
            install(DIRECTORY packaging/${folder} DESTINATION ${LETHE_DATA_DIRECTORY})
        endif()
    endforeach()
endif()
