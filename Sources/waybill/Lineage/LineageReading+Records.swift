import WaybillCore
import WaybillGateway
import WaybillTrust

extension LineageReading {
    /// The records of the state folder.
    private var records: SegmentStore { SegmentStore(stateFolder: state.gateway) }

    /// What the record of a prediction asks. `ID` or, for one of a batch, `ID/INSTANCE`.
    ///
    /// - Throws: `NotRecorded`, which says what can be asked instead.
    func question(ofPrediction text: String) async throws -> LineageAsked {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let instance = parts.count == 2 ? UInt32(parts[1]) : 0
        guard let id = RecordID(parts[0]), let instance else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no prediction's id; expected one as x-waybill-prediction-id has it, and '/N' after it for "
                    + "instance N of a batch")
        }
        let (store, history) = (records, history)
        let found = try await Blocking.run { () throws(Failure) -> RecordedPrediction? in
            for found in try store.predictions(id) {
                guard case .prediction(let record) = found.record, record.instance == instance else { continue }
                var prediction = RecordedPrediction(record: record, proof: nil, sealed: nil)
                if found.isClosed {
                    let proof = try store.proof(of: found)
                    prediction = RecordedPrediction(
                        record: record, core: found.core, at: proof.index, of: proof.size, proof.path, root: proof.root,
                        segment: found.segment, history)
                }
                for case .feedback(let feedback) in try store.feedback(on: id).map(\.record)
                where feedback.instance == nil || feedback.instance == instance {
                    prediction.feedback.append(feedback)
                }
                return prediction
            }
            return nil
        }
        guard let found else {
            throw Failure(
                .stall, reason: "NotRecorded",
                message:
                    "no record of prediction \(text) is kept in \(state.path): its deployment records nothing, or not this one, or it "
                    + "is older than what is kept. 'waybill lineage --deployment ENV/NAME --at TIME' says which revisions had traffic then"
            )
        }
        return .one(try found.question(), found)
    }

    /// Recorded answers by deployment and revision; a deployment without a record is not in it.
    func recordedPredictions() async throws -> [DeploymentKey: [String: Int]] {
        let store = records
        return try await Blocking.run { () throws(Failure) -> [DeploymentKey: [String: Int]] in
            var counts: [DeploymentKey: [String: Int]] = [:]
            try store.forEach { found in
                guard case .prediction(let record) = found.record,
                    let key = try? DeploymentKey(parsing: "\(record.server.environment)/\(record.server.deployment)")
                else { return true }
                counts[key, default: [:]][record.server.revision, default: 0] += 1
                return true
            }
            return counts
        }
    }
}
