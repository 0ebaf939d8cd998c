/// Opcodes that import a name, and what may be imported.
extension PickleMachine {
    mutating func importLines() throws(PickleError) {
        let module = try reader.line()
        let name = try reader.line()
        try push(.global(importName(shortText(module), shortText(name))))
    }

    mutating func importFromStack() throws(PickleError) {
        let name = try pop()
        let module = try pop()
        try push(.global(importName(self.name(module), self.name(name))))
    }

    /// EXT1, EXT2 and EXT4 import what the loading program's own registry says: never known here.
    mutating func importExtension(_ code: UInt64) throws(PickleError) {
        report.add(.dangerous, "\(opcode.name) imports extension \(code) of the loading program at byte \(offset)")
        try push(.unknown)
    }

    private func shortText(_ range: Range<Int64>) throws(PickleError) -> String? {
        range.count <= limits.name ? try text(of: range) : nil
    }

    /// The index of a name; a nil part was not known or is too long.
    mutating func importName(_ module: String?, _ name: String?) throws(PickleError) -> UInt32 {
        guard let module, let name else {
            report.add(.dangerous, "\(opcode.name) imports a name that cannot be known before loading, at byte \(offset)")
            return try table.global("?", at: offset) { ImportedName(module: "?", name: "?", use: nil, finding: nil) }
        }
        let found = protocolVersion < 3 ? PythonNames.current(module, name) : (module, name)
        let key = "\(found.0) \(found.1)"
        report.imports.insert(key)
        let count = table.globals.count
        let index = try table.global(key, at: offset) {
            ImportedName(module: found.0, name: found.1, use: nil, finding: nil)
        }
        if index == count { judge(index) }
        return index
    }

    /// Looks a new name up, once a pickle.
    private mutating func judge(_ index: UInt32) {
        let imported = table.globals[Int(index)]
        let text = SymbolText.visible(imported.text)
        let problem: String
        if imported.name.contains(".") {
            problem = "which reaches inside another name"
        } else if AllowList.isDunder(imported.name) || imported.module.split(separator: ".").contains(where: AllowList.isDunder) {
            problem = "a name of Python's own machinery"
        } else if let use = allowList.use(of: imported.name, in: imported.module) {
            table.globals[Int(index)].use = use
            table.globals[Int(index)].hasRule = CallRule.applies(to: imported)
            return
        } else {
            problem = "which is not on the allow list"
        }
        table.globals[Int(index)].finding = report.add(
            .dangerous, "\(opcode.name) imports \(text), \(problem), at byte \(offset)")
    }
}

/// Names of Python 2 that Python 3 maps to its own when it reads protocols 0 to 2.
enum PythonNames {
    static func current(_ module: String, _ name: String) -> (String, String) {
        switch (module, name) {
        case ("__builtin__", "xrange"): ("builtins", "range")
        case ("__builtin__", "reduce"): ("functools", "reduce")
        case ("__builtin__", "intern"): ("sys", "intern")
        case ("__builtin__", "unichr"): ("builtins", "chr")
        case ("__builtin__", "unicode"): ("builtins", "str")
        case ("__builtin__", "long"): ("builtins", "int")
        case ("__builtin__", _): ("builtins", name)
        case ("copy_reg", _): ("copyreg", name)
        case ("UserDict", "UserDict"), ("UserDict", "IterableUserDict"): ("collections", "UserDict")
        case _: (module, name)
        }
    }
}
