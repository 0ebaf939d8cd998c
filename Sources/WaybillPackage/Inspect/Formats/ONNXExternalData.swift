import WaybillCore

/// Where a tensor's data lies in another file.
struct ONNXExternalData {
    var tensor: String
    var location: String
    var offset: Int64
    /// Nil when everything from the offset on belongs to the tensor.
    var length: Int64?
    var checksum: String?
    /// What shape and type ask for.
    private var needed: UInt64

    init(of tensor: String, _ fields: [String: String], needed: UInt64) throws(InspectionError) {
        let shown = "tensor '\(tensor.prefix(80))'"
        guard let location = fields["location"] else { throw .malformed("\(shown): its external data has no location") }
        func number(_ name: String) throws(InspectionError) -> Int64? {
            guard let text = fields[name] else { return nil }
            guard let number = Int64(text), number >= 0 else {
                throw .malformed("\(shown): the \(name) of its external data is no number")
            }
            return number
        }
        self.tensor = tensor
        self.location = location
        offset = try number("offset") ?? 0
        length = try number("length")
        checksum = fields["checksum"]
        self.needed = needed
        if let length, UInt64(length) != needed {
            throw .malformed("\(shown) has \(length) bytes of external data; its shape and type need \(needed)")
        }
    }

    var fact: Value {
        var fields: Members = [
            "tensor": .string(tensor), "location": .string(location), "offset": .integer(offset),
        ]
        if let length { fields["length"] = .integer(length) }
        if let checksum { fields["checksum"] = .string(checksum) }
        return .object(fields)
    }

    /// Set when the data is not there, or not where a model may keep it.
    func finding(in neighbours: any Neighbours) -> Inspection.Finding? {
        let place = "tensor \(tensor.quotedForMessage)"
        if let problem = CleanPath.problemOfRelative(location) {
            return .init(.dangerous, place: place, "external data: \(problem)")
        }
        do {
            let size = try neighbours.open(location).size
            let (end, overflow) = offset.addingReportingOverflow(length ?? Int64(clamping: needed))
            guard !overflow, end <= size else {
                return .init(
                    .unscanned, place: place,
                    "external data \(location.quotedForMessage) has \(size) bytes; it needs them up to \(overflow ? Int64.max : end)"
                )
            }
            return nil
        } catch {
            return .init(.unscanned, place: place, "external data \(location.quotedForMessage): \(error.words)")
        }
    }
}
