package import WaybillCore

extension PredictionRecord {
    /// Its members by name, as lineage and its verifiers compare them. `docs/lineage.md` section 3.
    package var value: Value {
        var members: Members = [
            "id": .string(id.description), "instance": .integer(Int64(instance)),
            "instances": .integer(Int64(instances)),
            "time": .integer(Int64(clamping: time)), "duration": .integer(Int64(clamping: duration)),
            "status": .integer(Int64(status)), "ending": .string(ending.word), "reason": .string(reason.word),
            "share": .integer(Int64(reason.percent)), "generation": .integer(Int64(clamping: generation)),
            "requestId": .string(requestID), "environment": .string(server.environment),
            "deployment": .string(server.deployment), "model": .string(server.model),
            "version": .string(server.version),
            "revision": .string(server.revision), "commit": .string(server.commit), "replica": .string(server.replica),
        ]
        for (name, body) in [("request", request), ("answer", answer)] {
            members["\(name)Size"] = .integer(Int64(clamping: body.size))
            if let digest = body.digest { members["\(name)Digest"] = .string("\(digest)") }
        }
        return .object(members)
    }
}

extension PredictionRecord.Ending {
    fileprivate var word: String {
        switch self {
        case .answered: "answered"
        case .refused: "refused"
        case .cancelled: "cancelled"
        case .brokenOff: "brokenOff"
        }
    }
}

extension PredictionRecord.Reason {
    fileprivate var word: String {
        switch self {
        case .notChosen: "notChosen"
        case .all: "all"
        case .share: "share"
        case .header: "header"
        case .versionPath: "versionPath"
        }
    }

    fileprivate var percent: Int { if case .share(let percent) = self { percent } else { 0 } }

    /// For people.
    package var words: String {
        switch self {
        case .notChosen: "no revision was chosen"
        case .all: "it had all requests"
        case .share(let percent): "its share of the traffic, \(percent) %"
        case .header: "a header of the request chose it"
        case .versionPath: "the path of the request named its version"
        }
    }
}
