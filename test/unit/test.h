/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - cmocka, with what it wants included before it. */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
