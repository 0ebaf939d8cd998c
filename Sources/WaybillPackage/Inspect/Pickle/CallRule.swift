/// A few functions that models need can do more than models need: what they are called with is checked as well.
enum CallRule {
    static func applies(to callee: ImportedName) -> Bool {
        switch (callee.module, callee.name) {
        case ("_codecs", "encode"), ("copyreg", "_reconstructor"), ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
            ("torch.storage", "_load_from_bytes"):
            true
        case _: callee.name.hasPrefix("__pyx_unpickle_")
        }
    }

    /// What is wrong with a call of a listed name; nil when it is as models make it.
    static func problem(
        of callee: ImportedName, _ arguments: Symbol, in machine: inout PickleMachine
    ) throws(PickleError) -> String? {
        guard let values = machine.table.values(of: arguments).map(Array.init) else { return nil }
        switch (callee.module, callee.name) {
        case ("_codecs", "encode"):
            // Any other codec's name imports a module of that name.
            guard values.count == 2, let codec = try machine.name(values[1]), codec == "latin1" || codec == "latin-1"
            else { return "which converts by something else than Latin-1" }
            return nil
        case ("copyreg", "_reconstructor"):
            guard values.count == 3, isListed(values[0], machine), isListed(values[1], machine) else {
                return "which does not make an instance of a listed class"
            }
            return nil
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
            return values.first.map { isListed($0, machine) } == true ? nil : "which does not make an array"
        case ("numpy", "dtype"):
            guard let first = values.first else { return "which names no type" }
            return try machine.name(first) != nil || isListed(first, machine) ? nil : "which names no type"
        case ("torch.storage", "_load_from_bytes"):
            return try nested(values, in: &machine)
        case _:
            guard callee.name.hasPrefix("__pyx_unpickle_") else { return nil }
            return values.first.map { isListed($0, machine) } == true ? nil : "which does not make a listed class"
        }
    }

    private static func isListed(_ symbol: Symbol, _ machine: PickleMachine) -> Bool {
        guard case .global(let index) = symbol else { return false }
        return machine.table.globals[Int(index)].use != nil
    }

    /// A torch file inside a string of bytes, which the call loads: entered.
    private static func nested(_ values: [Symbol], in machine: inout PickleMachine) throws(PickleError) -> String? {
        guard values.count == 1, case .bytes(let index) = values[0] else {
            return "which loads bytes that cannot be known before loading"
        }
        guard machine.depth < machine.limits.depth else { return "which is nested too deep" }
        let content = MemoryBytes(content: try machine.reader.bytes(machine.table.texts[Int(index)].range))
        guard content.content.starts(with: LegacyTorch.magic) else { return "which loads something that is no torch file" }
        LegacyTorch(allowing: machine.allowList).read(content, depth: machine.depth + 1, into: &machine.report)
        return nil
    }
}
