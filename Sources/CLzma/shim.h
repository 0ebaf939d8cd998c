#ifndef WAYBILL_CLZMA_SHIM_H
#define WAYBILL_CLZMA_SHIM_H

#include <lzma.h>

// `LZMA_STREAM_INIT` is a macro, which Swift cannot import: an all-zero stream.
static inline lzma_stream waybill_lzma_stream(void) {
    lzma_stream stream = LZMA_STREAM_INIT;
    return stream;
}

#endif
