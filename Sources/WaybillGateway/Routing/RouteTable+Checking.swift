import Foundation
import WaybillCore

extension RouteTable {
    private static let maximumRoutes = 20_000

    /// The table in `bytes`, checked whole: one that is wrong anywhere is not used at all.
    ///
    /// - Throws: `Failure` that says what is wrong with it.
    init(checking bytes: Data) throws(Failure) {
        do {
            self = try JSONDecoder().decode(RouteTable.self, from: bytes)
        } catch {
            throw Self.refused("it is not a route table in JSON (\(Self.place(of: error)))")
        }
        guard format == Self.currentFormat else {
            throw Self.refused("its format is \(format); this build reads format \(Self.currentFormat)")
        }
        guard routes.count <= Self.maximumRoutes else {
            throw Self.refused("it has \(routes.count) routes; the most are \(Self.maximumRoutes)")
        }
        var keys: Set<String> = []
        var replicaByPort: [Int: String] = [:]
        for route in routes {
            try route.check()
            guard keys.insert(route.key).inserted else { throw Self.refused("it routes \(route.key) twice") }
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

    private static func place(of error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type"
        case .dataCorrupted, nil: "it is cut short or malformed"
        @unknown default: "it is malformed"
        }
    }
}

extension RouteTable.Route {
    var key: String { "\(environment)/\(deployment)" }

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
        guard backends.count <= 1_000 else { throw RouteTable.refused("\(key) has \(backends.count) replicas") }
        guard versions.allSatisfy({ !$0.isEmpty && !$0.contains("/") }) else {
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
