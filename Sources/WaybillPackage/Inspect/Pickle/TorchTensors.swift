/// The tensors of what a torch file holds, by the names that lead to them: `model.conv.weight`, `optimizer.state.0.exp_avg`.
///
/// A module's tensors have the names of its `state_dict`. Work, depth and names are bounded; what is beyond is said to be there.
struct TorchTensors {
    private static let depthLimit = 64
    private static let nameLimit = 1024
    /// Values that are looked at, and bytes of all names.
    private static let stepLimit = 1 << 20
    private static let textLimit = 64 << 20
    /// Where a module keeps its tensors and what is in it; its names do not show these.
    private static let ofModules: Set<String> = ["_parameters", "_buffers", "_modules"]

    private let machine: PickleMachine
    private var report: PickleReport
    private var steps = 0
    private var text = 0

    /// Adds the tensors in `object`, which `machine` made; one that reaches past its storage is a finding.
    static func collect(_ object: Symbol, _ machine: PickleMachine, into report: inout PickleReport) {
        var collector = TorchTensors(machine: machine, report: report)
        collector.walk(object, name: "", depth: 0)
        report = collector.report
    }

    private init(machine: PickleMachine, report: PickleReport) {
        self.machine = machine
        self.report = report
    }

    private mutating func walk(_ symbol: Symbol, name: String, depth: Int) {
        steps += 1
        text += name.utf8.count
        guard steps < Self.stepLimit, text < Self.textLimit, depth <= Self.depthLimit else {
            report.hasMoreTensors = true
            return
        }
        if let values = machine.table.values(of: symbol) { return walk(items: values, name, depth) }
        guard case .object(let index) = symbol else { return }
        let object = machine.table.objects[Int(index)]
        if object.isPartial { report.hasMoreTensors = true }
        switch object.kind {
        case .list, .set: walk(items: object.contents[...], name, depth)
        case .dict: walk(pairs: object.contents, name, depth)
        case .instance:
            if let tensor = tensor(object) { return add(tensor, name: name) }
            walk(pairs: object.items, name, depth)
            for state in object.contents { walk(state, name: name, depth: depth + 1) }
        case .persistent, .refused: break
        }
    }

    private mutating func walk(items: ArraySlice<Symbol>, _ name: String, _ depth: Int) {
        steps += items.count
        for (number, item) in items.enumerated() where Self.mayHold(item) {
            walk(item, name: path(name, String(number)), depth: depth + 1)
        }
    }

    private mutating func walk(pairs: [Symbol], _ name: String, _ depth: Int) {
        steps += pairs.count
        let keys = stride(from: 0, to: pairs.count - 1, by: 2).map { Self.mayHold(pairs[$0 + 1]) ? key(pairs[$0]) : "" }
        let isModule = keys.contains("_parameters")
        for (index, key) in keys.enumerated() where Self.mayHold(pairs[2 * index + 1]) {
            // What else a module has are its own notes, such as the list in which an LSTM keeps the same weights again.
            if isModule, !Self.ofModules.contains(key) { continue }
            walk(pairs[2 * index + 1], name: isModule ? name : path(name, key), depth: depth + 1)
        }
    }

    private static func mayHold(_ symbol: Symbol) -> Bool {
        switch symbol {
        case .object, .tuple: true
        case _: false
        }
    }

    private func key(_ symbol: Symbol) -> String {
        if let number = machine.table.number(symbol) { return String(number) }
        return (try? machine.name(symbol)) ?? "?"
    }

    private func path(_ name: String, _ part: String) -> String {
        let path = name.isEmpty ? part : "\(name).\(part)"
        return path.utf8.count <= Self.nameLimit ? path : String(path.prefix(Self.nameLimit))
    }

    /// Adds a tensor of whole numbers that fit; others are findings.
    private mutating func add(_ tensor: Found, name: String) {
        var reach: Int64 = tensor.offset
        var isEmpty = false
        for (size, stride) in zip(tensor.shape, tensor.strides) {
            if size == 0 { isEmpty = true }
            let (step, overflows) = max(0, size - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflowsToo) = reach.addingReportingOverflow(step)
            reach = overflows || overflowsToo || size < 0 || stride < 0 ? .max : sum
            if reach == .max { break }
        }
        guard tensor.offset >= 0, isEmpty || reach < tensor.count else {
            report.add(.unscanned, "the tensor '\(SymbolText.visible(name))' reaches past its storage")
            return
        }
        report.tensors.append(
            TensorFact(name: name, dtype: tensor.dtype, shape: tensor.shape.map { UInt64(clamping: $0) }))
    }
}

extension TorchTensors {
    /// What a call that makes a tensor says of it.
    private struct Found {
        var dtype: String
        /// Elements of its storage.
        var count: Int64
        var offset: Int64
        var shape: [Int64]
        var strides: [Int64]
    }

    /// The tensor that a call of torch's makes: by itself, or as a parameter.
    private func tensor(_ object: MadeObject) -> Found? {
        guard case .global(let maker) = object.maker, machine.table.globals[Int(maker)].module == "torch._utils",
            let values = machine.table.values(of: object.arguments).map(Array.init)
        else { return nil }
        switch machine.table.globals[Int(maker)].name {
        case "_rebuild_parameter":
            guard case .object(let inner)? = values.first else { return nil }
            let object = machine.table.objects[Int(inner)]
            // A parameter of a parameter is nothing that torch writes, and could go on for ever.
            guard case .global(let within) = object.maker, within != maker else { return nil }
            return tensor(object)
        case "_rebuild_tensor_v2":
            guard values.count >= 4, case .object(let storage) = values[0],
                let offset = machine.table.number(values[1]),
                let shape = numbers(values[2]), let strides = numbers(values[3]), shape.count == strides.count,
                let id = machine.table.values(of: machine.table.objects[Int(storage)].arguments).map(Array.init),
                machine.table.objects[Int(storage)].kind == .persistent, id.count >= 5,
                case .global(let kind) = id[1], let count = machine.table.number(id[4])
            else { return nil }
            let dtype = TorchStorage.elementType(machine.table.globals[Int(kind)])
            return Found(dtype: dtype, count: count, offset: offset, shape: shape, strides: strides)
        case _: return nil
        }
    }

    /// A tuple of whole numbers, or `torch.Size` of one.
    private func numbers(_ symbol: Symbol) -> [Int64]? {
        if case .object(let index) = symbol {
            let inner = machine.table.values(of: machine.table.objects[Int(index)].arguments)
            return inner?.first.flatMap { machine.table.values(of: $0) }.flatMap { whole($0) }
        }
        return machine.table.values(of: symbol).flatMap { whole($0) }
    }

    private func whole(_ values: ArraySlice<Symbol>) -> [Int64]? {
        let numbers = values.compactMap { machine.table.number($0) }
        return numbers.count == values.count ? numbers : nil
    }
}
