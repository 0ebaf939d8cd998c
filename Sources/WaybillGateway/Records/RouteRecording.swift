import NIOHTTP1
import Synchronization
import WaybillCore
import WaybillTrust

/// One route's rules of recording, made ready for requests.
final class RouteRecording: Sendable {
    let policy: RecordingPolicy
    let environment: String
    let deployment: String
    let selection: BodySelection
    let meter: RecordingMeter
    private let servingProtocol: ServingProtocol?

    init(_ route: RouteTable.Route, meter: RecordingMeter) {
        policy = route.recording
        meter.retention.store(route.recording.retentionSeconds, ordering: .relaxed)
        environment = route.environment
        deployment = route.deployment
        selection = BodySelection(route.recording, speaking: route.servingProtocol)
        servingProtocol = ServingProtocol(rawValue: route.servingProtocol)
        self.meter = meter
    }

    var isRequired: Bool { policy.mode == .required }

    /// Whether the request is a prediction, and one of the sample.
    ///
    /// - Parameter path: what follows `/{environment}/{deployment}`, without the query.
    func takes(_ method: HTTPMethod, _ path: Substring, _ id: PredictionID) -> Bool {
        isPrediction(method, path) && isSampled(id)
    }

    /// Questions about health and metadata are no predictions.
    private func isPrediction(_ method: HTTPMethod, _ path: Substring) -> Bool {
        switch servingProtocol {
        case .oipV2: Self.verbs.contains { path.hasSuffix($0) }
        case .openai, .http, nil:
            switch method {
            case .GET, .HEAD, .OPTIONS: false
            default: true
            }
        }
    }

    private static let verbs = ["/infer", "/infer_stream", "/generate", "/generate_stream"]

    /// By the id alone, so that who has it knows whether to look for a record.
    private func isSampled(_ id: PredictionID) -> Bool {
        policy.sample >= 100 || (id.low & 0x3FFF_FFFF_FFFF_FFFF) % 100 < UInt64(policy.sample)
    }
}

/// What is counted of one deployment's records since the process began.
final class RecordingMeter: Sendable {
    let environment: String
    let deployment: String
    let recorded = Atomic<UInt64>(0)
    let dropped = Atomic<UInt64>(0)
    /// Of payloads.
    let bytes = Atomic<UInt64>(0)
    /// Predictions that wait to be written.
    let waiting = Atomic<Int>(0)
    /// Seconds that payloads are kept, by the rules that came last.
    let retention = Atomic<UInt64>(0)
    /// Drops that a segment's footer told.
    let told = Atomic<UInt64>(0)

    init(environment: String, deployment: String) {
        self.environment = environment
        self.deployment = deployment
    }

    var key: String { environment + "/" + deployment }
}

/// The meters of all deployments whose predictions a process recorded: they outlive its route tables.
final class RecordingMeters: Sendable {
    private let byKey = Mutex<[String: RecordingMeter]>([:])

    func meter(of route: RouteTable.Route) -> RecordingMeter {
        byKey.withLock { meters in
            if let known = meters[route.key] { return known }
            // Past the bound they share one, as other counts do.
            guard meters.count < BackendRegistry.maximumSlots else { return overflow }
            let made = RecordingMeter(environment: route.environment, deployment: route.deployment)
            meters[route.key] = made
            return made
        }
    }

    private let overflow = RecordingMeter(environment: "other", deployment: "other")

    var all: [RecordingMeter] {
        byKey.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
    }
}

/// A replica as records name it, made once a table.
final class RecordedServer: Sendable {
    let server: PredictionRecord.Server
    /// Its revision's part of a divided deployment's traffic in percent; nil: it is not divided.
    let share: Int?

    init(_ route: RouteTable.Route, _ backend: RouteTable.Backend) {
        server = PredictionRecord.Server(
            environment: route.environment, deployment: route.deployment, model: route.model,
            version: backend.version, revision: backend.revision, commit: backend.commit, replica: backend.replica)
        share = route.splits.count > 1 ? route.splits.first { $0.revision == backend.revision }?.weight ?? 0 : nil
    }

    /// Why a request with `aim` came to it.
    func reason(for aim: RouteEntry.Aim) -> PredictionRecord.Reason {
        switch aim {
        case .any: share.map { .share($0) } ?? .all
        case .version: .versionPath
        case .revision: .header
        }
    }
}
