/// Reads decoded fields with the defaults of their schema. Decoded values have the types that the schema gives them.
struct SpecReader {
    private let fields: [Field]
    private let value: Value?

    init(_ fields: [Field], _ value: Value?) {
        self.fields = fields
        self.value = value
    }

    private subscript(_ name: String) -> Value? {
        if let found = value?[name] { return found }
        return fields.first { $0.name == name }?.defaultValue
    }

    func text(_ name: String) -> String? { self[name]?.string }
    func integer(_ name: String) -> Int64? { self[name]?.integer }
    func number(_ name: String) -> Double? { self[name]?.number }
    func has(_ name: String) -> Bool { value?[name] != nil }

    func required(_ name: String) throws(InvalidInput) -> String {
        guard let text = text(name) else { throw InvalidInput("'\(name)' is missing") }
        return text
    }

    func name(_ field: String) throws(InvalidInput) -> Name { try Name(parsing: required(field)) }
    func duration(_ field: String) throws(InvalidInput) -> Duration { try Duration(parsing: required(field)) }

    func choice<Choice: RawRepresentable<String>>(_ field: String) throws(InvalidInput) -> Choice {
        let text = try required(field)
        guard let choice = Choice(rawValue: text) else {
            throw InvalidInput("'\(field)' has no choice \(text.quotedForMessage)")
        }
        return choice
    }

    func texts(_ name: String) -> [String] { (self[name]?.list ?? []).compactMap(\.string) }
    /// Of a mapping.
    func numbers(_ name: String) -> [String: Double] { (self[name]?.object ?? [:]).compactMapValues(\.number) }
    func integers(_ name: String) -> [Int64] { (self[name]?.list ?? []).compactMap(\.integer) }

    func object(_ name: String) -> SpecReader {
        let field = fields.first { $0.name == name }
        guard case .object(let inner)? = field?.type else { return SpecReader([], self[name]) }
        return SpecReader(inner, self[name])
    }

    func items<Item>(_ name: String, _ make: (SpecReader) throws(InvalidInput) -> Item) throws(InvalidInput) -> [Item] {
        guard let list = self[name]?.list,
            case .list(.object(let inner), _, _)? = fields.first(where: { $0.name == name })?.type
        else { return [] }
        var items: [Item] = []
        items.reserveCapacity(list.count)
        for value in list { items.append(try make(SpecReader(inner, value))) }
        return items
    }
}
