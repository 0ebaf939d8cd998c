import Foundation
import WaybillCore
import WaybillEvaluate
import WaybillPackage

/// Measures what gates ask of a started candidate.
struct CandidateMeasures: Sendable {
    let run: ValidationRun
    let candidate: any CandidatePort
    /// All gates that ask it: what several need is asked once.
    let gates: [Gate]

    /// A failure is the gate's result.
    func ask(_ gate: Gate) async -> GateResult {
        do throws(Failure) {
            switch gate.check {
            case .golden(let golden): return try await ask(gate, golden)
            default: return GateResult(gate: gate, measured: .nothing("it asks no candidate"))
            }
        } catch { return GateResult(gate: gate, measured: .nothing(error.message)) }
    }

    private func ask(_ gate: Gate, _ golden: GoldenCheck) async throws(Failure) -> GateResult {
        let bytes = try await bytes(of: golden.requests, named: gate.name, limit: GoldenRequests.largest)
        let requests: GoldenRequests
        do throws(InvalidInput) { requests = try GoldenRequests(parsing: bytes) } catch {
            throw Failure(
                .stall, reason: "GoldenBroken", message: "\(golden.requests.source.description): \(error.message)")
        }
        let answers = try await requests.measure(candidate, golden.tolerances)
        return GateResult(gate: gate, measured: .golden(answers), inputs: ["requests": golden.requests.digest])
    }

    /// Data by its digest, from wherever it is.
    private func bytes(of file: DataFile, named name: String, limit: Int) async throws(Failure) -> [UInt8] {
        guard file.size <= limit else {
            throw Failure(
                .stall, reason: "DataTooLarge",
                message: "\(file.source.description) has \(file.size) bytes, more than the \(limit) that are read")
        }
        let path = try await run.intake.bring(
            data: file, named: name, for: run.subject.version.id, at: run.subject.commit)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.retry, reason: "DataUnreadable", message: "\(path): cannot be read")
        }
        return [UInt8](data)
    }
}
