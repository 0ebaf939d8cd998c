/// The checksum of HDF5's newer parts: Bob Jenkins' lookup3.
enum HDF5Checksum {
    /// Of a part that is summed, far above what programs write.
    static let longest: UInt64 = 64 << 20

    static func sum(_ bytes: [UInt8]) -> UInt32 {
        var (a, b, c) = (seed(bytes.count), seed(bytes.count), seed(bytes.count))
        var start = 0
        while bytes.count - start > 12 {
            a &+= word(bytes, start)
            b &+= word(bytes, start + 4)
            c &+= word(bytes, start + 8)
            mix(&a, &b, &c)
            start += 12
        }
        guard start < bytes.count else { return c }
        a &+= word(bytes, start)
        b &+= word(bytes, start + 4)
        c &+= word(bytes, start + 8)
        finish(&a, &b, &c)
        return c
    }

    private static func seed(_ count: Int) -> UInt32 { 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: count) }

    /// Four bytes; zeros where there are none.
    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt32 {
        var word: UInt32 = 0
        for index in 0..<4 where start + index < bytes.count {
            word |= UInt32(bytes[start + index]) << UInt32(8 * index)
        }
        return word
    }

    private static func turn(_ number: UInt32, _ by: UInt32) -> UInt32 { number << by | number >> (32 - by) }

    private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        a = (a &- c) ^ turn(c, 4)
        c = c &+ b
        b = (b &- a) ^ turn(a, 6)
        a = a &+ c
        c = (c &- b) ^ turn(b, 8)
        b = b &+ a
        a = (a &- c) ^ turn(c, 16)
        c = c &+ b
        b = (b &- a) ^ turn(a, 19)
        a = a &+ c
        c = (c &- b) ^ turn(b, 4)
        b = b &+ a
    }

    private static func finish(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        c = (c ^ b) &- turn(b, 14)
        a = (a ^ c) &- turn(c, 11)
        b = (b ^ a) &- turn(a, 25)
        c = (c ^ b) &- turn(b, 16)
        a = (a ^ c) &- turn(c, 4)
        b = (b ^ a) &- turn(a, 14)
        c = (c ^ b) &- turn(b, 24)
    }
}
