extension Base64 {
    /// Either alphabet of RFC 4648, padded: DSSE allows both.
    package static func decodeEither(_ text: String) -> [UInt8]? {
        decode(String(decoding: text.utf8.map { $0 == dash ? plus : $0 == underscore ? slash : $0 }, as: UTF8.self))
    }

    private static let (dash, plus) = (UInt8(ascii: "-"), UInt8(ascii: "+"))
    private static let (underscore, slash) = (UInt8(ascii: "_"), UInt8(ascii: "/"))
}
