/// A value of the abstract interpreter: what loading would have made, as far as it is known without running anything.
/// Small and trivial, since a model holds millions; what does not fit stands in the tables of `SymbolTable`.
enum Symbol: Equatable {
    case none
    case bool(Bool)
    case integer(Int32)
    /// An integer of `SymbolTable.longs`.
    case long(UInt32)
    /// A number whose value does not matter.
    case number
    case text(UInt32)
    case bytes(UInt32)
    case tuple(UInt32)
    /// A container or an instance, which later opcodes may change.
    case object(UInt32)
    case global(UInt32)
    /// Not known without running: the result of something that was refused.
    case unknown
}

/// Where the text or the bytes of a value stand in the file.
struct TextPlace {
    enum Form: UInt8 {
        /// As it is: UTF-8, ASCII or bytes.
        case plain
        /// Protocol 0: in quotes, with Python's escapes.
        case quoted
        /// Protocol 0: Latin-1 with `\uXXXX`.
        case rawUnicode
        /// As it is, but in `SymbolTable.held` instead of the file.
        case held
    }

    var offset: Int64
    var count: UInt32
    var form: Form
    var isDunder: Bool

    var range: Range<Int64> { offset..<(offset + Int64(count)) }
}

/// A name that a pickle imports.
struct ImportedName {
    var module: String
    var name: String
    /// What the allow list says; nil when the name is not on it, or not known.
    var use: AllowList.Use?
    /// The finding that its import made, which a call replaces.
    var finding: Int?
    /// Its arguments are checked as well.
    var hasRule = false

    var text: String { "\(module).\(name)" }
}

/// A container or an instance.
struct MadeObject {
    enum Kind: UInt8 {
        case list, dict, set
        /// Made by NEWOBJ, NEWOBJ_EX, OBJ, INST or REDUCE from a name on the allow list.
        case instance
        /// What a persistent id stands for.
        case persistent
        /// Made by something that was refused.
        case refused
    }

    var kind: Kind
    /// Some of what it holds is not in `contents`.
    var isPartial = false
    /// A key of the dict that begins and ends with two underscores, or that is no string.
    var hasDunderKey = false
    var hasOddKey = false
    /// Of an instance: its class or the function that made it.
    var maker = Symbol.none
    /// Of an instance: what it was made with.
    var arguments = Symbol.none
    /// Of an instance: keys and values in turn that opcodes put into it.
    var items: [Symbol] = []
    /// Of a list or set its items; of a dict its keys and values in turn; of an instance the state that BUILD gave it.
    var contents: [Symbol] = []
}

/// The tables behind `Symbol`, bounded together.
struct SymbolTable {
    let limits: PickleLimits
    var texts: [TextPlace] = []
    /// Copies of short strings, which may be asked for long after.
    var held: [UInt8] = []
    var longs: [Int64] = []
    var globals: [ImportedName] = []
    var objects: [MadeObject] = []
    private var tuples: [Range<UInt32>] = []
    private var items: [Symbol] = []
    private var keptInAll = 0
    private var globalIndex: [String: UInt32] = [:]

    init(limits: PickleLimits) { self.limits = limits }

    mutating func text(_ place: TextPlace, at offset: Int64) throws(PickleError) -> UInt32 {
        try checkRoom(offset)
        texts.append(place)
        return UInt32(texts.count - 1)
    }

    mutating func integer(_ number: Int64, at offset: Int64) throws(PickleError) -> Symbol {
        if let small = Int32(exactly: number) { return .integer(small) }
        try checkRoom(offset)
        longs.append(number)
        return .long(UInt32(longs.count - 1))
    }

    mutating func tuple(_ values: some Collection<Symbol>, at offset: Int64) throws(PickleError) -> Symbol {
        try checkRoom(offset)
        keptInAll += values.count
        guard keptInAll <= limits.keptInAll else {
            throw .tooLarge("tuples hold \(keptInAll) values", at: offset)
        }
        let start = UInt32(items.count)
        items.append(contentsOf: values)
        tuples.append(start..<UInt32(items.count))
        return .tuple(UInt32(tuples.count - 1))
    }

    mutating func object(_ object: MadeObject, at offset: Int64) throws(PickleError) -> Symbol {
        try checkRoom(offset)
        objects.append(object)
        return .object(UInt32(objects.count - 1))
    }

    mutating func global(_ key: String, at offset: Int64, make: () -> ImportedName) throws(PickleError) -> UInt32 {
        if let known = globalIndex[key] { return known }
        guard globals.count < limits.globals else {
            throw .tooLarge("the pickle imports \(globals.count) names", at: offset)
        }
        globals.append(make())
        globalIndex[key] = UInt32(globals.count - 1)
        return UInt32(globals.count - 1)
    }

    /// The values of a tuple; nil for any other value.
    func values(of symbol: Symbol) -> ArraySlice<Symbol>? {
        guard case .tuple(let index) = symbol else { return nil }
        let range = tuples[Int(index)]
        return items[Int(range.lowerBound)..<Int(range.upperBound)]
    }

    func number(_ symbol: Symbol) -> Int64? {
        switch symbol {
        case .integer(let number): Int64(number)
        case .long(let index): longs[Int(index)]
        case _: nil
        }
    }

    /// Adds to what is known of a container; beyond the bounds only that there is more.
    mutating func keep(_ values: some Collection<Symbol>, in index: UInt32, ofInstance: Bool = false) {
        let held = ofInstance ? objects[Int(index)].items.count : objects[Int(index)].contents.count
        guard held + values.count <= limits.kept, keptInAll + values.count <= limits.keptInAll else {
            objects[Int(index)].isPartial = true
            return
        }
        keptInAll += values.count
        if ofInstance {
            objects[Int(index)].items.append(contentsOf: values)
        } else {
            objects[Int(index)].contents.append(contentsOf: values)
        }
    }

    private func checkRoom(_ offset: Int64) throws(PickleError) {
        let count = texts.count + longs.count + tuples.count + objects.count
        guard count < limits.nodes else { throw .tooLarge("the pickle makes \(count) values", at: offset) }
    }
}
