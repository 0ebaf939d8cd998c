import Foundation
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillGateway

/// `route` with its predictions recorded.
func recorded(_ route: RouteTable.Route, _ policy: RecordingPolicy = RecordingPolicy(mode: .bestEffort))
    -> RouteTable.Route
{
    var route = route
    route.recording = policy
    return route
}

extension PlainSocket.Message {
    /// What the answer is called.
    var predictionID: RecordID? { values("x-waybill-prediction-id").first.flatMap { RecordID($0) } }
}

extension SegmentStore {
    init(_ folder: URL) { self.init(stateFolder: folder.path) }

    /// The records of a prediction, once they are there.
    func awaited(_ id: RecordID?, count: Int = 1) async throws -> [PredictionRecord] {
        let id = try #require(id)
        var found: [Found] = []
        let isThere = await eventually {
            found = (try? predictions(id)) ?? []
            return found.count >= count
        }
        if !isThere { throw PlainSocket.Problem(description: "\(found.count) records of \(id)") }
        return found.compactMap { if case .prediction(let record) = $0.record { record } else { nil } }
            .sorted { $0.instance < $1.instance }
    }

    func all() throws -> [Record] {
        var records: [Record] = []
        try forEach {
            records.append($0.record)
            return true
        }
        return records
    }
}

extension RecordedBody {
    var text: String? { payload.map { String(decoding: $0, as: UTF8.self) } }
}
