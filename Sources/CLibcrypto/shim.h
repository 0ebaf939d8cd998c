#ifndef WAYBILL_CLIBCRYPTO_SHIM_H
#define WAYBILL_CLIBCRYPTO_SHIM_H

// OpenSSL 3 marks its hashes on the stack as deprecated in favour of fetched ones, which cost an allocation each.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#endif
