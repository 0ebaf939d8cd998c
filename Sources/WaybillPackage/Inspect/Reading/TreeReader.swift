import WaybillCore

/// Reads a tree of objects, lists and scalars piece by piece, so that a large file needs no large memory.
///
/// JSON and UBJSON are read by the same code through it. Depth, names and text are bounded; a name twice in an object is refused.
protocol TreeReader {
    /// Calls `member` with each name; it must take the value, by any of these functions.
    mutating func object(
        _ member: (String, inout Self) throws(InspectionError) -> Void
    ) throws(InspectionError)
    /// Calls `item` before each element; it must take it.
    mutating func list(_ item: (inout Self) throws(InspectionError) -> Void) throws(InspectionError)
    /// A string, number, boolean or null.
    mutating func scalar() throws(InspectionError) -> Value
    /// Takes a value of any kind, checked as strictly as one that is wanted.
    mutating func skip() throws(InspectionError)
    /// What the next value is.
    mutating func kind() throws(InspectionError) -> TreeKind
}

enum TreeKind { case object, list, scalar }

/// Bounds that every tree keeps.
enum TreeLimits {
    static let depth = 128
    /// Bytes of all names of the objects that are open at once, with what keeping one costs beside its own bytes.
    static let names = 128 << 20
    static let nameCost = 32
    static let text = 16 << 20
}

extension TreeReader {
    mutating func string(_ what: String) throws(InspectionError) -> String {
        guard try kind() == .scalar, let text = try scalar().string else { throw .malformed("\(what) is no string") }
        return text
    }

    /// The value as a whole, of at most `budget` scalars, objects and lists.
    mutating func value(budget: inout Int) throws(InspectionError) -> Value {
        budget -= 1
        guard budget >= 0 else { throw .malformed("a value is larger than is kept") }
        switch try kind() {
        case .scalar: return try scalar()
        case .object:
            var members: [String: Value] = [:]
            try object { (name, reader) throws(InspectionError) in
                members[name] = try reader.value(budget: &budget)
            }
            return .object(Members(members))
        case .list:
            var items: [Value] = []
            try list { (reader) throws(InspectionError) in items.append(try reader.value(budget: &budget)) }
            return .list(items)
        }
    }
}
