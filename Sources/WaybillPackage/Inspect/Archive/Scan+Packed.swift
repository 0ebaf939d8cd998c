import WaybillCore

extension Scan {
    /// Unpacks one deflate stream and looks at what is in it.
    mutating func inspectPacked(
        _ source: any ByteSource, _ packing: Packing, as format: Format, name: String
    ) throws(InspectionError) -> Inspection {
        try budget.enter()
        defer { budget.leave() }
        let content = try PackedMember(source: source, packing: packing).content(budget: &budget)
        return inspectUnpacked(content, as: format, name: name)
    }

    /// The same for what zlib does not unpack.
    mutating func inspectPackedFile(
        _ source: any ByteSource, _ packing: PackedFile.Packing, as format: Format, name: String
    ) throws(InspectionError) -> Inspection {
        try budget.enter()
        defer { budget.leave() }
        let limits = PackedFile.Limits(
            total: budget.unpacked, ratio: budget.limits.ratio, ratioFloor: budget.limits.ratioFloor)
        let content = try PackedFile(source: source, packing: packing, limits: limits).unpacked()
        budget.take(content.size)
        return inspectUnpacked(content, as: format, name: name)
    }

    private mutating func inspectUnpacked(
        _ content: any ByteSource, as format: Format, name: String
    ) -> Inspection {
        var inner = name
        for ending in [".gz", ".bz2", ".xz", ".lzma"] where name.hasSuffix(ending) {
            inner = String(name.dropLast(ending.count))
        }
        if name.hasSuffix(".tgz") { inner = name.dropLast(4) + ".tar" }
        var inspection = inspect(content, name: inner)
        inspection.facts["content"] = inspection.format.map { .string($0) }
        inspection.format = format.rawValue
        return inspection
    }
}
