package import WaybillCore

/// Manifests that `waybill new version` writes.
package enum NewVersion {
    /// The text of a manifest of `version`, ready to be committed; `schema` is where editors find its JSON Schema.
    package static func render(_ version: ModelVersion, schema: String? = nil) -> String {
        var lines = schema.map { ["# yaml-language-server: $schema=\($0)"] } ?? []
        lines += [
            "apiVersion: \(KindSchema.apiVersion)", "kind: ModelVersion", "spec:",
            "  model: \(text(version.id.model.text))",
            "  version: \(text(version.id.version.description))", "  format: \(text(version.format))", "  artifacts:",
        ]
        for artifact in version.artifacts {
            lines += [
                "    - path: \(text(artifact.path))", "      source: \(text(artifact.source.description))",
                "      digest: \(artifact.digest)", "      size: \(artifact.size)",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Without quotes where no reader, of YAML 1.1 either, takes it for something else.
    private static func text(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._/@+".utf8.contains(byte)
        }
        let isWord = text.utf8.first.map { (65...90).contains($0) || (97...122).contains($0) } ?? false
        let isVersion = text.utf8.count { $0 == UInt8(ascii: ".") } >= 2
        let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
        return isPlain && (isWord || isVersion) && !reserved ? text : Value.string(text).json
    }
}

/// What a model file is, by its name and first bytes.
package enum ModelFormat {
    /// Bytes of a file that `detect` looks at.
    package static let headLength = 4096

    /// The name of the format of a file, as runtimes list it; nil when neither name nor bytes tell.
    ///
    /// Bytes decide where they can; a name decides only between what bytes leave open.
    package static func detect(name: String, head: [UInt8]) -> String? {
        let name = name.lowercased()
        if head.starts(with: "GGUF".utf8) { return "gguf" }
        if isSafetensors(head) { return "safetensors" }
        if head.starts(with: "tree\n".utf8) || head.starts(with: "tree\r\n".utf8) { return "lightgbm-text" }
        if isXGBoost(head) { return "xgboost-json" }
        if name.hasSuffix(".onnx"), head.first == 0x08 { return "onnx" }
        if isJoblib(name, head) { return "sklearn-joblib" }
        if isPickle(head) { return "sklearn-pickle" }
        return nil
    }

    /// Eight bytes of length, little endian, then that much JSON.
    private static func isSafetensors(_ head: [UInt8]) -> Bool {
        guard head.count > 9, head[8] == UInt8(ascii: "{") else { return false }
        let length = head[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (2...100_000_000).contains(length)
    }

    private static func isXGBoost(_ head: [UInt8]) -> Bool {
        let text = head.filter { $0 > 0x20 }.prefix(64)
        return ["{\"learner\":", "{\"version\":["].contains { text.starts(with: $0.utf8) }
    }

    private static func isPickle(_ head: [UInt8]) -> Bool {
        head.count >= 2 && head[0] == 0x80 && (2...5).contains(head[1])
    }

    /// A pickle named so, or one that joblib compressed (zlib, gzip, xz, bzip2, lz4 or lzma).
    private static func isJoblib(_ name: String, _ head: [UInt8]) -> Bool {
        guard name.hasSuffix(".joblib") else { return false }
        let compressed: [[UInt8]] = [
            [0x78], [0x1f, 0x8b], [0xfd, 0x37, 0x7a, 0x58, 0x5a], [0x42, 0x5a, 0x68], [0x04, 0x22, 0x4d, 0x18],
            [0x5d, 0, 0],
        ]
        return isPickle(head) || compressed.contains { head.starts(with: $0) }
    }
}
