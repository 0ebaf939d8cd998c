import WaybillCore
import WaybillPackage

extension BundleInside {
    var members: Members {
        var members: Members = [
            "spec": spec,
            "packages": .list(
                libraries.map { library in
                    [
                        "name": .string(library.name), "version": .string(library.version),
                        "hashes": .list(library.hashes.map { .string($0) }),
                    ]
                }),
            "files": .list(files.map { .object(Self.value(of: $0)) }),
        ]
        if let lockProblem { members["lockProblem"] = .string(lockProblem) }
        return members
    }

    private static func value(of file: File) -> Members {
        let found = file.inspection
        return [
            "path": .string(file.path), "format": found.format.map { .string($0) } ?? .null,
            "verdict": .string(found.verdict.rawValue), "facts": .object(found.facts),
            "findings": .list(found.findings.map { .string($0.sentence) }),
            "tensors": .list(
                found.tensors.map { tensor in
                    [
                        "name": .string(tensor.name), "dtype": .string(tensor.dtype),
                        "shape": .list(tensor.shape.map { .integer(Int64(clamping: $0)) }),
                    ]
                }),
        ]
    }

    /// Follows what a bundle's own text says.
    func text(_ style: Style) -> String {
        var sections = Sections(style)
        interface(&sections)
        environment(&sections)
        contents(&sections)
        tensors(&sections)
        return sections.text.isEmpty ? "" : "\n" + sections.text
    }

    private func interface(_ sections: inout Sections) {
        let sides = [("input", "inputs"), ("output", "outputs")].flatMap { word, side in
            (spec["interface"]?[side]?.list ?? []).map { tensor in
                (word, tensor["name"]?.string.flatMap { name in Tensor.text(of: tensor).map { "\(name): \($0)" } })
            }
        }
        guard !sides.isEmpty else { return }
        sections.title("Interface")
        sections.facts(sides)
    }

    private func environment(_ sections: inout Sections) {
        let python = spec["environment"]?["python"]?.string
        guard python != nil || lockProblem != nil || !libraries.isEmpty else { return }
        sections.title("Environment")
        let named = libraries.prefix(Self.shown).map { "\($0.name) \($0.version)" }
        let more = libraries.count > Self.shown ? ", … and \(libraries.count - Self.shown) more" : ""
        let packages = libraries.isEmpty ? nil : "\(libraries.count): " + named.joined(separator: ", ") + more
        sections.facts([("python", python), ("packages", packages), ("lock", lockProblem)])
    }

    private func contents(_ sections: inout Sections) {
        guard !files.isEmpty else { return }
        sections.title("Inside the files")
        let rows = files.map { file -> [Table.Cell] in
            let found = file.inspection
            let parameters = found.facts["parameters"]?.integer.map { String($0) }
            return [
                Table.Cell(file.path, .strong), Table.Cell(found.format ?? "unknown"),
                Table.Cell(found.verdict.rawValue, found.verdict == .dangerous ? .bad : .plain),
                Table.Cell(found.tensors.isEmpty ? nil : String(found.tensors.count)), Table.Cell(parameters),
            ]
        }
        sections.table(
            Table(
                titles: ["FILE", "FORMAT", "VERDICT", "TENSORS", "PARAMETERS"], rows: rows, rightAligned: [3, 4]))
        sections.lines(
            files.flatMap { file in file.inspection.findings.prefix(3).map { "\(file.path): \($0.sentence)" } })
    }

    private func tensors(_ sections: inout Sections) {
        for file in files where !file.inspection.tensors.isEmpty {
            let all = file.inspection.tensors
            sections.title("Tensors of \(file.path)")
            sections.facts(all.prefix(Self.shown).map { ($0.name.harmless, $0.text) })
            if all.count > Self.shown { sections.lines(["… and \(all.count - Self.shown) more; -o json has all"]) }
        }
    }

    /// Tensors and packages that a person is shown.
    private static var shown: Int { 20 }
}
