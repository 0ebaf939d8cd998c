/// Files that torch wrote before it wrote zips: a pickled magic number, version, system, the object itself and the keys of its
/// storages, one after the other; then each storage's count and its bytes.
struct LegacyTorch {
    /// The pickle of 0x1950A86A20F9469CFC6C by protocol 2.
    static let magic: [UInt8] = [
        0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]

    let allowing: AllowList

    init(allowing: AllowList) { self.allowing = allowing }

    /// Never fails: what goes wrong is a finding.
    func read(_ source: any ByteSource, depth: Int, into report: inout PickleReport) {
        var reader = PickleReader(source)
        let before = report.storages
        report.storages = [:]
        defer { report.storages = before }
        do throws(PickleError) {
            for _ in 0..<3 { _ = try run(&reader, .pickle, depth, &report).result }
            let (object, maker) = try run(&reader, .legacyTorch, depth, &report)
            if depth == 0 { TorchTensors.collect(object, maker, into: &report) }
            let (keys, machine) = try run(&reader, .pickle, depth, &report)
            try readStorages(names(keys, machine), &reader, report)
        } catch { report.add(.unscanned, error.message) }
    }

    private func run(
        _ reader: inout PickleReader, _ loader: PickleMachine.Loader, _ depth: Int, _ report: inout PickleReport
    ) throws(PickleError) -> (result: Symbol, machine: PickleMachine) {
        var machine = PickleMachine(reader, allowing: allowing, loader: loader, depth: depth, report: report)
        let outcome = Result { () throws(PickleError) in try machine.run() }
        reader = machine.reader
        report = machine.report
        return (try outcome.get(), machine)
    }

    private func names(_ keys: Symbol, _ machine: PickleMachine) throws(PickleError) -> [String] {
        guard case .object(let index) = keys, machine.table.objects[Int(index)].kind == .list,
            !machine.table.objects[Int(index)].isPartial
        else { throw .malformed("the keys of the storages are no list that can be followed", at: machine.offset) }
        var names: [String] = []
        for key in machine.table.objects[Int(index)].contents {
            guard let name = try machine.name(key) else {
                throw .malformed("a storage's key is no string", at: machine.offset)
            }
            names.append(name)
        }
        return names
    }

    private func readStorages(
        _ names: [String], _ reader: inout PickleReader, _ report: PickleReport
    ) throws(PickleError) {
        for name in names {
            let place = reader.position
            guard let storage = report.storages[name] else {
                throw .malformed("a storage that the object does not name", at: place)
            }
            let count = try reader.unsigned(8)
            let (size, overflows) = count.multipliedReportingOverflow(by: UInt64(storage.elementSize))
            guard count == UInt64(storage.count), !overflows else {
                throw .malformed("a storage of another size than the object says", at: place)
            }
            try reader.skip(size)
        }
        guard reader.isAtEnd else {
            throw .malformed("\(reader.remaining) bytes follow the storages", at: reader.position)
        }
    }
}
