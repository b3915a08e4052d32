/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - which machine this is: a number that tells two apart and tells
 * nothing else about them. It stays the same over restarts. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <stdint.h>

uint64_t host_id(void); /* never 0 */

#endif
