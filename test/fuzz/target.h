/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - what libFuzzer calls, and the unit tests that read kept cases. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
                                 size_t b_size, uint8_t *out, size_t most,
                                 unsigned seed);
/* libFuzzer's own: a few random changes. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);

#endif
