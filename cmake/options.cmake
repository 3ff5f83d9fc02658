# Warnings are errors under g++, which is the gate; clang serves fuzzing and tidy only.
add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -g1)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Werror)
endif()

option(ROOKERY_SANITIZE "Build with ASan and UBSan" OFF)
if(ROOKERY_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code hides initialisations from g++ 12: it warns where nothing is uninitialised.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()

option(ROOKERY_TESTS "Build the unit tests" ON)
option(ROOKERY_BENCH "Offer the load generators and floors (target bench-tools)" OFF)

option(ROOKERY_THREAD_SANITIZE "Build tests/tsan with ThreadSanitizer, and no other test" OFF)
if(ROOKERY_THREAD_SANITIZE)
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  # Asio has fences, beside what orders them; and g++ 12 warns as it does with the other sanitizers.
  add_compile_options(-Wno-tsan -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=thread)
endif()

option(ROOKERY_FUZZ "Build the fuzz targets on clang's libFuzzer, and no other test" OFF)
if(ROOKERY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Without these it takes no file that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
