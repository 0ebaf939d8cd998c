/// Opcodes that push a constant.
extension PickleMachine {
    mutating func stepConstant(_ opcode: Opcode) throws(PickleError) -> Bool {
        switch opcode {
        case .none: try push(.none)
        case .newTrue: try push(.bool(true))
        case .newFalse: try push(.bool(false))
        case .binInt: try push(.integer(Int32(truncatingIfNeeded: reader.unsigned(4))))
        case .binInt1: try push(.integer(Int32(reader.byte())))
        case .binInt2: try push(.integer(Int32(reader.unsigned(2))))
        case .binFloat:
            try reader.skip(8)
            try push(.number)
        case .int, .long: try pushLine(integer: opcode)
        case .float:
            _ = try reader.line()
            try push(.number)
        case .long1: try pushLong(UInt64(reader.byte()))
        case .long4: try pushLong(reader.unsigned(4))
        case _: return try stepText(opcode)
        }
        return true
    }

    private mutating func stepText(_ opcode: Opcode) throws(PickleError) -> Bool {
        switch opcode {
        case .shortBinUnicode, .shortBinString: try pushText(UInt64(reader.byte()))
        case .binUnicode, .binString: try pushText(reader.unsigned(4))
        case .binUnicode8: try pushText(reader.unsigned(8))
        case .shortBinBytes: try pushBytes(UInt64(reader.byte()))
        case .binBytes: try pushBytes(reader.unsigned(4))
        case .binBytes8, .byteArray8: try pushBytes(reader.unsigned(8))
        case .string: try pushLine(.quoted)
        case .unicode: try pushLine(.rawUnicode)
        case _: return false
        }
        return true
    }

    /// The number that a line of digits says.
    mutating func decimalLine() throws(PickleError) -> Int {
        guard let number = Int(try text(of: reader.line())), number >= 0 else {
            throw .malformed("\(opcode.name) has no number", at: offset)
        }
        return number
    }

    private mutating func pushLine(integer opcode: Opcode) throws(PickleError) {
        let range = try reader.line()
        guard range.count <= 24 else { return try push(.number) }
        var digits = try text(of: range)
        if opcode == .int, digits == "00" || digits == "01" { return try push(.bool(digits == "01")) }
        if opcode == .long, digits.hasSuffix("L") { digits.removeLast() }
        guard let number = Int64(digits) else { return try push(.number) }
        try push(table.integer(number, at: offset))
    }

    private mutating func pushLong(_ count: UInt64) throws(PickleError) {
        guard count <= 8 else {
            guard count < 1 << 31 else { throw .malformed("\(opcode.name) has a negative length", at: offset) }
            try reader.skip(count)
            return try push(.number)
        }
        var number: Int64 = 0
        var shift: Int64 = 64
        for place in 0..<Int64(count) {
            number |= Int64(truncatingIfNeeded: UInt64(try reader.byte()) << UInt64(8 * place))
            shift = 64 - 8 * (place + 1)
        }
        try push(table.integer(shift == 64 ? 0 : (number << shift) >> shift, at: offset))
    }

    private mutating func pushText(_ count: UInt64) throws(PickleError) {
        let isDunder = try reader.isDunder(count)
        if count <= 128, count <= UInt64(reader.remaining), table.held.count < limits.held {
            let place = TextPlace(
                offset: Int64(table.held.count), count: UInt32(count), form: .held, isDunder: isDunder)
            try reader.take(Int(count), into: &table.held)
            return try push(.text(table.text(place, at: offset)))
        }
        let place = try place(count, isDunder: isDunder)
        try push(place.map { place throws(PickleError) in .text(try table.text(place, at: offset)) } ?? .unknown)
    }

    private mutating func pushBytes(_ count: UInt64) throws(PickleError) {
        let place = try place(count, isDunder: false)
        try push(place.map { place throws(PickleError) in .bytes(try table.text(place, at: offset)) } ?? .unknown)
    }

    private mutating func pushLine(_ form: TextPlace.Form) throws(PickleError) {
        let range = try reader.line()
        guard let count = UInt32(exactly: range.count) else { return try push(.unknown) }
        var place = TextPlace(offset: range.lowerBound, count: count, form: form, isDunder: false)
        if range.count <= limits.name { place.isDunder = AllowList.isDunder(try decoded(place) ?? "") }
        try push(.text(table.text(place, at: offset)))
    }

    /// Passes over a value's bytes; nil when it is too long to matter as a name or as a pickle inside.
    private mutating func place(_ count: UInt64, isDunder: Bool) throws(PickleError) -> TextPlace? {
        let start = reader.position
        try reader.skip(count)
        guard let short = UInt32(exactly: count) else { return nil }
        return TextPlace(offset: start, count: short, form: .plain, isDunder: isDunder)
    }

    func text(of range: Range<Int64>) throws(PickleError) -> String {
        String(decoding: try reader.bytes(range), as: UTF8.self)
    }
}
