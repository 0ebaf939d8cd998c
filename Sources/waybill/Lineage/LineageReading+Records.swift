import WaybillCore
import WaybillTrust

extension LineageReading {
    /// What the record of a prediction asks.
    func question(ofPrediction text: String) async throws -> LineageAsked {
        guard let id = RecordID(text) else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no prediction's id; expected one as x-waybill-prediction-id has it")
        }
        throw Failure(.stall, reason: "NotRecorded", message: "no record of prediction \(id) is kept in \(state.path)")
    }
}
