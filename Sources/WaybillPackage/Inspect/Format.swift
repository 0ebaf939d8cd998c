import WaybillCore

/// What a file can be found to be, by its bytes.
enum Format: String, CaseIterable, Hashable {
    case safetensors, gguf, onnx, npy, hdf5, lightgbm, json, text, pickle, joblib, tar, gzip, zlib, zip
    /// Kinds of zip.
    case npz, keras, torch
    case torchLegacy = "torch-legacy"
    case xgboostJSON = "xgboost-json"
    case xgboostUBJ = "xgboost-ubj"
    case bzip2, xz, lzma
    /// Recognised, not unpacked here.
    case zstd

    /// The format that the bytes announce; nil when none does.
    static func found(in source: any ByteSource) throws(InspectionError) -> Format? {
        let head = try source.head(512)
        for (magic, format) in magics where head.starts(with: magic) { return format }
        if head.count >= 2, head[0] == 0x80, head[1] <= 5 { return .pickle }
        if try HDF5.start(in: source) != nil { return .hdf5 }
        if Safetensors.isAnnounced(by: head) { return .safetensors }
        if TarReader.isAnnounced(by: head) { return .tar }
        if isZlib(head, source) { return .zlib }
        if let format = startOfTree(head) { return format }
        if ONNX.isAnnounced(by: source) { return .onnx }
        guard try PlainText.isText(source) else { return nil }
        return try PlainText.readsAsPickle(source) ? .pickle : .text
    }

    private static let magics: [([UInt8], Format)] = [
        ([0x50, 0x4B, 0x03, 0x04], .zip), ([0x50, 0x4B, 0x05, 0x06], .zip), (Npy.magic, .npy), (GGUF.magic, .gguf),
        ([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19], .torchLegacy),
        ([0x1F, 0x8B, 0x08], .gzip), ([0x42, 0x5A, 0x68], .bzip2), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .xz),
        ([0x5D, 0x00, 0x00], .lzma),
        ([0x28, 0xB5, 0x2F, 0xFD], .zstd), (LightGBM.start, .lightgbm),
    ]

    /// Two bytes are little to go by: something must come out as well.
    private static func isZlib(_ head: [UInt8], _ source: any ByteSource) -> Bool {
        guard head.count > 2, head[0] == 0x78, (UInt16(head[0]) << 8 | UInt16(head[1])) % 31 == 0 else { return false }
        do {
            var inflater = try Inflater(source, .zlib)
            return try !inflater.next(1).isEmpty
        } catch {
            return false
        }
    }

    /// JSON begins with an object or a list; UBJSON has a length's type behind the brace.
    private static func startOfTree(_ head: [UInt8]) -> Format? {
        let visible = head.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        guard let first = visible.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
        let types = "iUIlL$#".utf8
        if first == head.first, first == UInt8(ascii: "{"), head.count > 1, types.contains(head[1]) {
            return .xgboostUBJ
        }
        return .json
    }

    /// Set when a name promises another format than the bytes are: a loader that goes by the name is misled, and so is a person.
    static func contradiction(of name: String, found: String) -> String? {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        guard let promised = promises[ending], !promised.contains(where: { $0.rawValue == found }) else { return nil }
        return "is named .\(ending), and its bytes are \(found)"
    }

    private static let promises: [String: [Format]] = [
        "safetensors": [.safetensors], "gguf": [.gguf], "onnx": [.onnx], "npy": [.npy], "npz": [.npz],
        "keras": [.keras], "h5": [.hdf5], "hdf5": [.hdf5], "ubj": [.xgboostUBJ], "json": [.json, .xgboostJSON],
        "pt": [.torch, .torchLegacy, .pickle], "pth": [.torch, .torchLegacy, .pickle],
        "pkl": [.pickle, .joblib, .gzip, .zlib, .bzip2, .xz, .lzma],
        "pickle": [.pickle, .joblib, .gzip, .zlib, .bzip2, .xz, .lzma],
        "joblib": [.pickle, .joblib, .gzip, .zlib, .bzip2, .xz, .lzma], "zip": [.zip, .npz, .keras, .torch],
        "tar": [.tar],
        "gz": [.gzip], "tgz": [.gzip], "txt": [.text, .json, .lightgbm], "md": [.text], "csv": [.text],
        "yaml": [.text, .json], "yml": [.text, .json], "py": [.text],
    ]
}
