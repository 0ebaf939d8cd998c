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
    }

    /// - Precondition: the route has been checked.
    var rules: PathRules {
        switch ServingProtocol(rawValue: servingProtocol) {
        case .oipV2: .oipV2(model: deployment, versions: versions)
        case .openai: .openai
        case .http, nil: .http(prefixes: paths)
        }
    }
}
