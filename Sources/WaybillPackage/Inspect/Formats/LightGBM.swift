import WaybillCore

/// LightGBM's text: a header of `key=value` lines, then trees whose sizes the header gives.
enum LightGBM {
    static let start: [UInt8] = Array("tree\n".utf8)
    private static let headerLimit: Int64 = 64 << 20

    /// - Throws: the first thing that the format does not allow.
    static func inspect(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        var cursor = ByteCursor(source)
        try cursor.skip(UInt64(start.count))
        var header: [String: String] = [:]
        while true {
            let line = try line(&cursor)
            if line.isEmpty { break }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard header.updateValue(parts.count == 2 ? String(parts[1]) : "", forKey: String(parts[0])) == nil else {
                throw .malformed("the header has '\(parts[0].prefix(80))' twice")
            }
            guard cursor.position <= headerLimit else {
                throw .malformed("the header is longer than \(headerLimit) bytes")
            }
        }
        let features = try number("max_feature_idx", header) + 1
        let classes = try number("num_class", header)
        guard features > 0, features <= 1 << 31, classes > 0, classes <= 1 << 20 else {
            throw .malformed("\(features) features and \(classes) classes cannot be")
        }
        let names = (header["feature_names"] ?? "").split(separator: " ")
        guard names.isEmpty || Int64(names.count) == features else {
            throw .malformed("\(names.count) feature_names stand beside a max_feature_idx of \(features - 1)")
        }
        let trees = try skipTrees(header["tree_sizes"] ?? "", &cursor)
        var facts: Members = [
            "version": .string(header["version"] ?? ""), "num_feature": .integer(features),
            "num_class": .integer(classes),
            "objective": .string(header["objective"] ?? ""), "trees": .integer(trees),
        ]
        if !names.isEmpty { facts["featureNames"] = .list(names.map { .string(String($0)) }) }
        let input = Tensor(name: "", datatype: .FP64, shape: [-1, features])
        return Inspection(format: Format.lightgbm.rawValue, inputs: [input], facts: facts)
    }

    private static func number(_ name: String, _ header: [String: String]) throws(InspectionError) -> Int64 {
        guard let text = header[name], let number = Int64(text), number >= 0, number < Int64.max else {
            throw .malformed("the header has no number '\(name)'")
        }
        return number
    }

    /// The trees end where their sizes say, and are text.
    private static func skipTrees(_ sizes: String, _ cursor: inout ByteCursor) throws(InspectionError) -> Int64 {
        var count: Int64 = 0
        for text in sizes.split(separator: " ") {
            guard let size = UInt64(text) else { throw .malformed("tree_sizes holds something that is no number") }
            let tree = Array("Tree=\(count)\n".utf8)
            guard Int64(clamping: size) <= cursor.remaining, size >= UInt64(tree.count) else {
                throw .malformed("tree \(count) has \(size) bytes, and \(cursor.remaining) are left")
            }
            guard try cursor.bytes(tree.count) == tree else {
                throw .malformed("tree \(count) does not begin where it must")
            }
            try cursor.skip(size - UInt64(tree.count))
            count += 1
        }
        guard try line(&cursor) == "end of trees" else {
            throw .malformed("the trees do not end where tree_sizes says")
        }
        return count
    }

    private static func line(_ cursor: inout ByteCursor) throws(InspectionError) -> String {
        let place = cursor.position
        var bytes: [UInt8] = []
        while true {
            let byte = try cursor.byte()
            if byte == 0x0A { break }
            bytes.append(byte)
            guard bytes.count <= TreeLimits.text else {
                throw .malformed("a line is longer than \(TreeLimits.text) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("the line at byte \(place) is not UTF-8")
        }
        return text
    }
}
