/* SPDX-License-Identifier: Apache-2.0 */
/* saved.h - what a saved page may hold beside the files of a profile, by what stands
 * before a file's name. doc/query.md, "A saved page". */
#ifndef QUERY_SAVED_H
#define QUERY_SAVED_H

#define SAVED_SOURCE "sonde-source:" /* and its path */
#define SAVED_BEFORE "sonde-before:" /* of the side before, where two are compared */

#endif
