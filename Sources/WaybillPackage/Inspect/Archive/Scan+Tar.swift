import WaybillCore

extension Scan {
    /// Looks into every member of a tar, once its headers as a whole are sound.
    mutating func inspectTar(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        try budget.enter()
        defer { budget.leave() }
        var reader = TarReader(source)
        var inspection = Inspection(format: Format.tar.rawValue)
        var names = MemberNames()
        var members: [TarMember] = []
        while let member = try reader.next() {
            try budget.takeMembers(1)
            // Packers write the folder itself and paths from it so.
            let clean = member.name.hasPrefix("./") ? String(member.name.dropFirst(2)) : member.name
            if clean.isEmpty, member.kind == .folder { continue }
            let name = member.kind == .folder && !clean.hasSuffix("/") ? clean + "/" : clean
            if let problem = names.problem(of: name) ?? Self.problem(of: member.kind) {
                inspection.findings.append(.init(.dangerous, place: clean.shownAsPlace, problem))
            }
            if case .other(let type) = member.kind {
                inspection.findings.append(
                    .init(.unscanned, place: clean.shownAsPlace, "is of type \(type), which is not read here"))
            }
            members.append(member)
        }
        guard inspection.findings.isEmpty else { return inspection }
        for member in members where member.kind == .file {
            let content = try ByteSlice(source, from: member.start, count: member.size)
            let name = member.name.hasPrefix("./") ? String(member.name.dropFirst(2)) : member.name
            add(inspect(content, name: name), to: &inspection, at: name)
        }
        inspection.facts["members"] = .integer(Int64(members.count))
        return inspection
    }

    private static func problem(of kind: TarMember.Kind) -> String? {
        switch kind {
        case .link: "is a link"
        case .device: "is a device or pipe"
        case .file, .folder, .other: nil
        }
    }
}

extension Scan {
    /// Takes over into an archive's inspection what was found in its member `name`.
    mutating func add(_ member: Inspection, to archive: inout Inspection, at name: String) {
        let place = name.shownAsPlace
        archive.findings += member.findings.map { finding in
            var finding = finding
            finding.place = finding.place.isEmpty ? place : "\(place)/\(finding.place)"
            return finding
        }
        guard archive.tensors.count + member.tensors.count <= budget.limits.tensors else {
            archive.findings.append(.init(.unscanned, place: place, "more than \(budget.limits.tensors) tensors"))
            return
        }
        archive.tensors += member.tensors.map {
            TensorFact(name: $0.name.isEmpty ? place : "\(place)/\($0.name)", dtype: $0.dtype, shape: $0.shape)
        }
    }
}

extension String {
    /// A member's name as a finding's place: short, and without what a terminal would act on.
    var shownAsPlace: String { String(quotedForMessage.dropFirst().dropLast()) }
}
