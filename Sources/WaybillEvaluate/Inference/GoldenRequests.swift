package import WaybillCore

/// Recorded requests with their answers: a JSON object a line, `request` and `response`, both bodies of the Open Inference Protocol V2.
package struct GoldenRequests: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        /// In the file, from 1.
        package var line: Int
        package var request: Value
        package var outputs: [InferenceTensor]
    }

    package var items: [Item]

    /// Bytes of a file that is read.
    package static let largest = 64 << 20

    /// Empty lines are passed over.
    /// - Throws: `InvalidInput` with the line that is none.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        items = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { $0 != 0x20 && $0 != 0x0d && $0 != 0x09 }) else { continue }
            guard let value = Value(json: line), let request = value["request"], request.object != nil,
                let response = value["response"]
            else {
                throw InvalidInput("line \(index + 1): expected {\"request\": {…}, \"response\": {…}}")
            }
            do throws(InvalidInput) {
                let outputs = try InferenceAnswer(response).outputs
                guard outputs.contains(where: { !$0.data.isEmpty }) else {
                    throw InvalidInput("nothing is recorded in 'response'")
                }
                items.append(Item(line: index + 1, request: request, outputs: outputs))
            } catch { throw InvalidInput("line \(index + 1): \(error.message)") }
        }
    }

    /// Asks the candidate each of them in order and compares.
    ///
    /// - Throws: what asking throws. An answer that is none of the protocol differs.
    package func measure(
        _ candidate: some CandidatePort, _ tolerances: [GoldenCheck.Tolerance]
    ) async throws(Failure) -> GateMeasurement.GoldenAnswers {
        let comparison = TensorComparison(tolerances)
        var measured = GateMeasurement.GoldenAnswers(requests: items.count, differences: [], differing: 0)
        for item in items {
            let bytes = try await candidate.ask(item.request.jsonBytes)
            let difference: String?
            do throws(InvalidInput) {
                difference = comparison.difference(item.outputs, try InferenceAnswer(parsing: bytes))
            } catch { difference = error.message }
            guard let difference else { continue }
            measured.differing += 1
            if measured.differences.count < 10 { measured.differences.append("line \(item.line): \(difference)") }
        }
        return measured
    }
}

/// Whether tensors are as recorded: labels and whole numbers exactly, numbers with a fraction within their output's tolerance.
struct TensorComparison {
    private let tolerances: [String: GoldenCheck.Tolerance]

    init(_ tolerances: [GoldenCheck.Tolerance]) {
        self.tolerances = Dictionary(tolerances.map { ($0.output, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The first difference in words; nil when every recorded output is answered. Outputs beside the recorded ones do not matter.
    func difference(_ recorded: [InferenceTensor], _ answer: InferenceAnswer) -> String? {
        for tensor in recorded {
            guard let found = answer.output(tensor.name) else { return "there is no output '\(tensor.name)'" }
            guard found.shape == tensor.shape, found.datatype == tensor.datatype else {
                return
                    "'\(tensor.name)' is \(found.datatype) \(found.shape), recorded \(tensor.datatype) \(tensor.shape)"
            }
            for index in tensor.data.indices where !isEqual(tensor.data[index], found.data[index], of: tensor) {
                return
                    "'\(tensor.name)'[\(index)] is \(found.data[index].json), recorded \(tensor.data[index].json)"
            }
        }
        return nil
    }

    private func isEqual(_ recorded: Value, _ found: Value, of tensor: InferenceTensor) -> Bool {
        guard tensor.isOfNumbers, let expected = recorded.number, let number = found.number else {
            return recorded == found
        }
        guard expected != number else { return true }
        let allowed = tolerances[tensor.name] ?? GoldenCheck.Tolerance(output: tensor.name)
        return abs(expected - number) <= allowed.absolute + allowed.relative * abs(expected)
    }
}
