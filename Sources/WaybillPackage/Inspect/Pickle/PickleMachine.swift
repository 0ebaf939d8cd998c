/// Interprets one pickle up to its STOP: keeps the stack, the marks, the memo and the frames as Python's loader would, but makes
/// only `Symbol`s. Nothing of the file is imported, called or built.
///
/// **Guarantees.** Every opcode takes at least a byte and constant time beside the bytes that it holds, and all tables are
/// bounded, so time grows with the file and memory does not pass the limits. What cannot be known stays `unknown`, and
/// importing or calling something unknown is a finding.
struct PickleMachine {
    /// Who loads the pickle decides what two of the opcodes do.
    enum Loader {
        /// `pickle.load`: a persistent id is an error.
        case pickle
        /// `joblib.load`: an array's bytes follow its `NumpyArrayWrapper`.
        case joblib
        /// `torch.load`: a persistent id names a storage.
        case torch
        /// The same of a file from before torch wrote zips: or it names a module's class, beside the text of its source.
        case legacyTorch

        var isTorch: Bool { self == .torch || self == .legacyTorch }
    }

    let allowList: AllowList
    let loader: Loader
    /// How many pickles are around this one.
    let depth: Int
    var reader: PickleReader
    var report: PickleReport
    var table: SymbolTable
    var protocolVersion = 0
    /// What the memo lacks is `unknown`, and no error: for looking at bytes from the middle of a pickle.
    var followsUnknownMemo = false

    private(set) var stack: [Symbol] = []
    private var marks: [Int] = []
    private var memo: [Symbol?] = []
    private var memoized = 0
    private(set) var frameEnd: Int64?
    private var framesAreBroken = false

    /// The opcode that is interpreted, and its place.
    private(set) var opcode = Opcode.stop
    private(set) var offset: Int64 = 0

    init(_ reader: PickleReader, allowing: AllowList, loader: Loader, depth: Int, report: PickleReport) {
        self.reader = reader
        self.allowList = allowing
        self.loader = loader
        self.depth = depth
        self.report = report
        table = SymbolTable(limits: report.limits)
    }

    var limits: PickleLimits { report.limits }

    /// Interprets up to STOP, and gives what loading would return.
    mutating func run() throws(PickleError) -> Symbol {
        report.pickles += 1
        while true {
            offset = reader.position
            let byte = try reader.byte()
            guard let next = Opcode(rawValue: byte) else {
                throw .malformed("there is no opcode 0x\(String(byte, radix: 16))", at: offset)
            }
            opcode = next
            if let end = frameEnd, offset >= end { leaveFrame(end) }
            if next == .stop { return try pop() }
            try step(next)
        }
    }

    /// Opcodes by family, the most frequent first.
    private mutating func step(_ opcode: Opcode) throws(PickleError) {
        if try stepMemo(opcode) { return }
        if try stepConstant(opcode) { return }
        if try stepContainer(opcode) { return }
        if try stepCall(opcode) { return }
        try stepRest(opcode)
    }

    private mutating func stepMemo(_ opcode: Opcode) throws(PickleError) -> Bool {
        switch opcode {
        case .binGet: try get(Int(reader.byte()))
        case .longBinGet: try get(Int(reader.unsigned(4)))
        case .get: try get(decimalLine())
        case .memoize: try put(memoized)
        case .binPut: try put(Int(reader.byte()))
        case .longBinPut: try put(Int(reader.unsigned(4)))
        case .put: try put(decimalLine())
        case _: return false
        }
        return true
    }

    private mutating func stepRest(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .mark: marks.append(stack.count)
        case .pop: if stack.count > fence { stack.removeLast() } else { _ = try popMark() }
        case .popMark: _ = try popMark()
        case .dup: try push(top())
        case .protocolVersion:
            let version = Int(try reader.byte())
            guard version <= 5 else { throw .malformed("there is no protocol \(version); PROTO", at: offset) }
            protocolVersion = version
            report.highestProtocol = max(report.highestProtocol, version)
        case .frame: try enterFrame(reader.unsigned(8))
        case .nextBuffer:
            report.add(.unscanned, "NEXT_BUFFER asks for a buffer from outside the file at byte \(offset)")
            try push(.unknown)
        case .readOnlyBuffer: _ = try top()
        case _: throw .malformed("\(opcode.name) is not understood", at: offset)
        }
        if marks.count > limits.stack { throw .tooLarge("the stack holds \(marks.count) marks", at: offset) }
    }

    // MARK: Stack

    /// What lies below the last mark is out of reach.
    private var fence: Int { marks.last ?? 0 }

    mutating func push(_ symbol: Symbol) throws(PickleError) {
        guard stack.count < limits.stack else { throw .tooLarge("the stack holds \(stack.count) values", at: offset) }
        stack.append(symbol)
    }

    mutating func pop() throws(PickleError) -> Symbol {
        guard stack.count > fence else { throw underflow }
        return stack.removeLast()
    }

    func top() throws(PickleError) -> Symbol {
        guard stack.count > fence, let last = stack.last else { throw underflow }
        return last
    }

    /// What was pushed since the last mark, which goes.
    mutating func popMark() throws(PickleError) -> [Symbol] {
        guard let mark = marks.popLast() else {
            throw .malformed("\(opcode.name) finds no mark on the stack", at: offset)
        }
        let values = Array(stack[mark...])
        stack.removeLast(values.count)
        return values
    }

    private var underflow: PickleError { .malformed("\(opcode.name) finds too little on the stack", at: offset) }

    // MARK: Memo

    private mutating func get(_ index: Int) throws(PickleError) {
        guard index < memo.count, let symbol = memo[index] else {
            if followsUnknownMemo { return try push(.unknown) }
            throw .malformed("\(opcode.name) asks for \(index), which is not in the memo,", at: offset)
        }
        try push(symbol)
    }

    private mutating func put(_ index: Int) throws(PickleError) {
        let symbol = try top()
        guard index <= limits.memo else { throw .tooLarge("the memo is written at \(index)", at: offset) }
        if index >= memo.count { memo.append(contentsOf: repeatElement(nil, count: index + 1 - memo.count)) }
        if memo[index] == nil { memoized += 1 }
        memo[index] = symbol
    }

    // MARK: Frames

    private mutating func enterFrame(_ length: UInt64) throws(PickleError) {
        guard length <= UInt64(reader.remaining) else { throw .truncated(at: reader.position) }
        if frameEnd != nil { noteBrokenFrame() }
        frameEnd = reader.position + Int64(length)
    }

    private mutating func leaveFrame(_ end: Int64) {
        if offset > end { noteBrokenFrame() }
        frameEnd = nil
    }

    /// Python's two loaders read on differently here.
    private mutating func noteBrokenFrame() {
        guard !framesAreBroken else { return }
        framesAreBroken = true
        report.add(.unscanned, "\(opcode.name) crosses the end of a frame, where loaders disagree, at byte \(offset)")
    }

    /// Ends the frame where raw bytes follow it.
    mutating func endFrame() throws(PickleError) {
        guard let end = frameEnd else { return }
        guard end == reader.position else {
            throw .malformed("an array's bytes begin inside a frame", at: reader.position)
        }
        frameEnd = nil
    }
}
