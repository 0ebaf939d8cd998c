/// How much work looking inside one file may be, whatever the file says.
package struct InspectionLimits: Hashable, Sendable {
    /// Members of all archives in the file together.
    package var members = 100_000
    /// Bytes that are unpacked from the file and from archives inside it, together.
    package var unpacked: Int64 = 64 << 30
    /// A packed member that unpacks to more than `ratioFloor` may be this many times its packed size.
    package var ratio: Int64 = 100
    package var ratioFloor: Int64 = 64 << 20
    /// Archives inside archives.
    package var nesting = 4
    /// A packed member up to this size is unpacked into memory; a larger one is read as a stream.
    package var memory: Int64 = 32 << 20
    /// Tensors that one file may name.
    package var tensors = 1_000_000

    package init() {}
}

/// What is left of the limits while one file and everything inside it is looked at.
struct InspectionBudget {
    let limits: InspectionLimits
    private(set) var members: Int
    private(set) var unpacked: Int64
    private var depth = 0

    init(_ limits: InspectionLimits) {
        self.limits = limits
        members = limits.members
        unpacked = limits.unpacked
    }

    mutating func takeMembers(_ count: Int) throws(InspectionError) {
        guard count <= members else {
            throw .malformed("holds more than \(limits.members) members, archives inside it included")
        }
        members -= count
    }

    /// Asks whether `size` bytes may be unpacked out of `packed`.
    func allow(_ size: Int64, from packed: Int64) throws(InspectionError) {
        guard size <= limits.ratioFloor || size / max(packed, 1) <= limits.ratio else {
            throw .malformed("unpacks to \(size) bytes or more, over \(limits.ratio) times its \(packed)")
        }
        guard size <= unpacked else {
            throw .malformed("unpacks, with what went before, to more than \(limits.unpacked) bytes")
        }
    }

    /// Counts what was unpacked.
    mutating func take(_ size: Int64) { unpacked -= size }

    /// One archive deeper, until `leave`.
    mutating func enter() throws(InspectionError) {
        guard depth < limits.nesting else {
            throw .malformed("archives stand inside archives more than \(limits.nesting) deep")
        }
        depth += 1
    }

    mutating func leave() { depth -= 1 }
}
