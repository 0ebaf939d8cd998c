import WaybillCore

// What a pack says, looked up in what was proven.
extension PackVerification {
    mutating func checkLinks() throws(InvalidInput) {
        guard let links = report.lineage["links"]?.list, !links.isEmpty else {
            throw InvalidInput("lineage.json: it has no links")
        }
        for link in links {
            let what = link["what"]?.string ?? "?"
            let place = "lineage.json: " + what + (link["name"]?.string.map { " \($0.quotedForMessage)" } ?? "")
            switch link["standing"]?.string {
            case "missing": report.missing += 1
            case "proven", "claimed":
                let isProven = link["standing"]?.string == "proven"
                do throws(InvalidInput) { try check(link, what, isProven: isProven) } catch {
                    throw InvalidInput("\(place): \(error.message)")
                }
                if isProven { report.proven += 1 } else { report.claimed += 1 }
            case _: throw InvalidInput("\(place): it is neither proven nor claimed nor missing")
            }
        }
    }

    private func check(_ link: Value, _ what: String, isProven: Bool) throws(InvalidInput) {
        let proofs = link["by"]?.list ?? []
        let value = link["value"]?.string ?? ""
        guard !isProven || !proofs.isEmpty else { throw InvalidInput("it is called proven, and names nothing") }
        var isSaid = proofs.isEmpty
        for proof in proofs {
            let says = try said(by: proof)
            let hasValue = says.contains { $0.contains(value) }
            // The revision ties the answer to the plan, and the plan to the deployment.
            if what == LineageLink.Subject.revision.rawValue {
                guard hasValue else { throw InvalidInput("not all that it names say \(value.quotedForMessage)") }
                let deployment = report.lineage["deployment"]?.string ?? ""
                guard proof["ledger"] == nil || says.contains(deployment) else {
                    throw InvalidInput("the entry that it names is not of \(deployment.quotedForMessage)")
                }
            }
            isSaid = isSaid || hasValue
        }
        guard isSaid, !value.isEmpty else { throw InvalidInput("nothing that it names says \(value.quotedForMessage)") }
    }

    /// What a proof says, once it is found to say it.
    private func said(by proof: Value) throws(InvalidInput) -> [String] {
        if let index = proof["ledger"]?.integer { return try said(by: LedgerIndex(max(0, index)), proof["says"]) }
        if proof["record"]?.bool == true { return try said(byRecord: proof["says"]) }
        let texts = (proof["says"]?.list ?? []).compactMap(\.string)
        if let name = proof["statement"]?.string {
            guard let statement = statements[name] else { throw InvalidInput("\(name) is not in the pack") }
            guard statement.key == proof["key"]?.string else {
                throw InvalidInput("\(name) is signed by \(statement.key)")
            }
            try require(texts, in: statement.text, name)
            return texts + [statement.key]
        }
        guard let commit = proof["commit"]?.string else { throw InvalidInput("it names a proof of no known kind") }
        guard bodies.values.contains(where: { $0.document?.json.contains(commit) ?? false }) else {
            throw InvalidInput("no entry of the pack names commit \(commit)")
        }
        guard let path = proof["path"]?.string else {
            guard let object = objects[commit], object.kind == .commit else {
                throw InvalidInput("commit \(commit) is not in the pack")
            }
            try require(texts, in: String(decoding: object.content, as: UTF8.self), "commit \(commit)")
            return texts
        }
        let blob = try objects.blob(at: path, of: commit)
        let digest = Digest(of: blob.content).description
        try require(texts.filter { $0 != digest }, in: String(decoding: blob.content, as: UTF8.self), path)
        return texts
    }

    private func require(_ texts: [String], in text: String, _ name: String) throws(InvalidInput) {
        for wanted in texts where wanted.isEmpty || !text.contains(wanted) {
            throw InvalidInput("\(name) does not say \(wanted.quotedForMessage)")
        }
    }

    private func said(by index: LedgerIndex, _ says: Value?) throws(InvalidInput) -> [String] {
        guard let (header, document) = bodies[index] else { throw InvalidInput("entry \(index) is not in the pack") }
        guard let document else { throw InvalidInput("the body of entry \(index) is not in the pack") }
        for (name, value) in says?.object ?? [:] {
            let found = document[name] ?? header[name]
            guard found == value || found?.list?.contains(value) ?? false else {
                throw InvalidInput("entry \(index) does not say \(name) \(value.json)")
            }
        }
        return says?.texts ?? []
    }

    private func said(byRecord says: Value?) throws(InvalidInput) -> [String] {
        guard let record else { throw InvalidInput("the record is not in the pack") }
        for (name, value) in says?.object ?? [:] where record[name] != value {
            throw InvalidInput("the record does not say \(name) \(value.json)")
        }
        return says?.texts ?? []
    }
}

extension Value {
    /// All texts in it, and its numbers as they are written.
    fileprivate var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .list(let items): items.flatMap(\.texts)
        case .object(let members): members.flatMap { $0.value.texts }
        case .null, .bool, .integer, .number: [json]
        }
    }
}
