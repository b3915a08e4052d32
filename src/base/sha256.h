/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.h - SHA-256 (FIPS 180-4), and base64 (RFC 4648). */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/out.h"

enum { SHA256_BYTES = 32 };

void sha256(struct str bytes, unsigned char sum[SHA256_BYTES]);
void out_base64(struct out *o, struct str bytes);

#endif
