package import WaybillCore

extension RouteTable {
    /// The table in `bytes`, checked whole: one that is wrong anywhere is not used at all.
    ///
    /// - Throws: `Failure` (stall) that says what is wrong with it, for the form with the offset of the byte.
    package init(checking bytes: [UInt8]) throws(Failure) {
        do {
            try self.init(reading: bytes)
        } catch {
            throw Self.refused("byte \(error.offset): \(error.problem)")
        }
        var keys = Set<String>(minimumCapacity: routes.count)
        var replicaByPort = [Int: String](minimumCapacity: routes.count)
        for route in routes {
            try route.check()
            let key = route.key
            guard keys.insert(key).inserted else { throw Self.refused("it routes \(key) twice") }
            for backend in route.backends {
                guard (1...65535).contains(backend.port) else {
                    throw Self.refused("replica \(backend.replica.quotedForMessage) has port \(backend.port)")
                }
                if let other = replicaByPort.updateValue(backend.replica, forKey: backend.port) {
                    throw Self.refused(
                        "port \(backend.port) is given to \(other.quotedForMessage) and \(backend.replica.quotedForMessage)"
                    )
                }
            }
        }
    }

    static func refused(_ why: String) -> Failure {
        Failure(.stall, reason: "RouteTableRefused", message: "the route table is refused: \(why)")
    }
}

extension RouteTable.Route {
    var key: String { environment + "/" + deployment }

    fileprivate func check() throws(Failure) {
        do {
            _ = try Name(parsing: environment)
            _ = try Name(parsing: deployment)
        } catch {
            throw RouteTable.refused(error.message)
        }
        guard let servingProtocol = ServingProtocol(rawValue: servingProtocol) else {
            throw RouteTable.refused("\(key) speaks \(servingProtocol.quotedForMessage), which no build knows")
        }
        guard servingProtocol != .http || paths.allSatisfy({ $0.hasPrefix("/") }) else {
            throw RouteTable.refused("a path of \(key) does not begin with '/'")
        }
        guard versions.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "/")) }) else {
            throw RouteTable.refused("a version of \(key) is empty or has a '/'")
        }
        try checkShares()
        try checkStamps()
        try checkRecording()
        if let chooser, !HeaderKind.mayChoose(chooser) {
            throw RouteTable.refused("\(chooser.quotedForMessage) is no header by which \(key) could be chosen")
        }
    }

    private func checkShares() throws(Failure) {
        guard !splits.isEmpty else { return }
        let here = Set(backends.map(\.revision))
        var seen = Set<String>()
        for split in splits {
            let name = split.revision.quotedForMessage
            guard seen.insert(split.revision).inserted else {
                throw RouteTable.refused("\(key) gives revision \(name) a share twice")
            }
            guard here.contains(split.revision) else {
                throw RouteTable.refused("\(key) gives revision \(name) a share, but has no replica of it")
            }
            guard (0...100).contains(split.weight) else {
                throw RouteTable.refused(
                    "\(key) gives revision \(name) a share of \(split.weight); shares are 0 to 100")
            }
        }
        let sum = splits.reduce(0) { $0 + $1.weight }
        guard sum == 100 else { throw RouteTable.refused("the shares of \(key) sum to \(sum), not to 100") }
    }

    private func checkRecording() throws(Failure) {
        guard (1...100).contains(recording.sample) else {
            throw RouteTable.refused("\(key) has \(recording.sample) % of its predictions recorded; it may be 1 to 100")
        }
        guard (1...36_500).contains(recording.retentionDays), recording.maxBytes ?? 1 > 0 else {
            throw RouteTable.refused("\(key) has its records kept for a time or up to a size that makes no sense")
        }
        if let wrong = recording.redact.first(where: { JSONPointer($0) == nil }) {
            throw RouteTable.refused("\(wrong.quotedForMessage), of \(key), is no JSON pointer")
        }
    }

    /// These go into header fields as they are.
    private func checkStamps() throws(Failure) {
        try checkStamp(model)
        for backend in backends {
            try checkStamp(backend.revision)
            try checkStamp(backend.version)
            try checkStamp(backend.commit)
        }
    }

    private func checkStamp(_ text: String) throws(Failure) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw RouteTable.refused("\(text.quotedForMessage), of \(key), cannot stand in a header field")
        }
    }

    /// - Parameter versions: those that `/versions/{v}` may name.
    /// - Precondition: the route has been checked.
    func rules(naming versions: [String]) -> PathRules {
        switch ServingProtocol(rawValue: servingProtocol) {
        case .oipV2: .oipV2(model: deployment, versions: versions)
        case .openai: .openai
        case .http, nil: .http(prefixes: paths)
        }
    }
}
