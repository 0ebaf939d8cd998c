package import WaybillCore

/// What a candidate answered to labelled rows, output by output.
package struct Predictions: Sendable {
    private struct Output: Sendable {
        var width: Int
        var numbers: [Double] = []
        var texts: [String?] = []
    }

    package let questions: LabelledQuestions
    private var outputs: [String: Output] = [:]
    /// In the order of the first answer.
    private var names: [String] = []

    /// Asks the candidate all rows, some at a time, for `outputs`; for its usual ones when there are none.
    ///
    /// - Throws: what asking throws; `AnswerUnusable`, stalling, for an answer that is none of the protocol, or has other rows.
    package init(
        asking candidate: some CandidatePort, _ questions: LabelledQuestions, outputs wanted: [String],
        told progress: (Int, Int) -> Void = { _, _ in }
    ) async throws(Failure) {
        self.questions = questions
        let total = questions.rows.rowCount
        for start in stride(from: 0, to: total, by: questions.data.batch) {
            let range = start..<min(start + questions.data.batch, total)
            let bytes = try await candidate.ask(questions.body(of: range, outputs: wanted))
            do throws(InvalidInput) { try take(try InferenceAnswer(parsing: bytes), rows: range.count) } catch {
                throw Self.unusable("row \(start + 1): \(error.message)")
            }
            progress(range.upperBound, total)
        }
    }

    private mutating func take(_ answer: InferenceAnswer, rows: Int) throws(InvalidInput) {
        if names.isEmpty { names = answer.outputs.map(\.name) }
        for tensor in answer.outputs {
            guard tensor.rows == rows else {
                throw InvalidInput("'\(tensor.name)' has \(tensor.rows) rows, and \(rows) were asked")
            }
            var output = outputs[tensor.name] ?? Output(width: tensor.width)
            guard output.width == tensor.width else {
                throw InvalidInput(
                    "'\(tensor.name)' has rows of \(tensor.width), and had rows of \(output.width) before")
            }
            for element in tensor.data {
                output.numbers.append(element.number ?? .nan)
                output.texts.append(element.label)
            }
            outputs[tensor.name] = output
        }
    }

    /// What `metric` is computed from.
    ///
    /// - Throws: `AnswerUnusable`, stalling, when the output that it names is not there or has another shape than it needs.
    package func input(for question: MetricQuestion) throws(Failure) -> MetricInput {
        guard let name = question.output ?? questions.usualOutput ?? names.first, let output = outputs[name] else {
            let there = names.map { "'\($0)'" }.joined(separator: ", ")
            throw Self.unusable("there is no output '\(question.output ?? "")'; there is \(there)")
        }
        let data = questions.data
        if question.metric.input == .numbers {
            guard let truth = questions.rows.numbers(data.target) else {
                throw Self.unusable("'\(data.target)' holds labels, and '\(question.metric.rawValue)' needs numbers")
            }
            return MetricInput(truth: truth, predicted: NumberColumn(try single(output, name)))
        }
        guard let truth = questions.rows.labels(data.target) else {
            throw Self.unusable("'\(data.target)' holds numbers, and '\(question.metric.rawValue)' needs labels")
        }
        if question.metric.input == .labels {
            _ = try single(output, name)
            return MetricInput(truth: truth, predictedLabels: Labels(output.texts))
        }
        return MetricInput(truth: truth, scores: try scores(output, name))
    }

    private func single(_ output: Output, _ name: String) throws(Failure) -> [Double] {
        guard output.width == 1 else {
            throw Self.unusable("'\(name)' has rows of \(output.width), and one value a row is needed")
        }
        return output.numbers
    }

    /// One column is of the positive label; of two without `classes` the second is.
    private func scores(_ output: Output, _ name: String) throws(Failure) -> Scores {
        let (width, classes) = (output.width, questions.data.classes)
        let columns = (0..<width).map { place in
            NumberColumn(stride(from: place, to: output.numbers.count, by: max(width, 1)).map { output.numbers[$0] })
        }
        if width == 1 { return .positive(columns[0]) }
        if classes.count == width { return .classes(classes, columns) }
        if width == 2, classes.isEmpty {
            guard questions.data.positive == "1" else {
                throw Self.unusable(
                    "'\(name)' has two columns, and which is of \(questions.data.positive.quotedForMessage) is not said; "
                        + "write 'classes' of the data '\(questions.data.name)'")
            }
            return .positive(columns[1])
        }
        throw Self.unusable(
            "'\(name)' has \(width) columns, and 'classes' of the data '\(questions.data.name)' \(classes.count)")
    }

    private static func unusable(_ why: String) -> Failure {
        Failure(.stall, reason: "AnswerUnusable", message: "the candidate's answer cannot be measured: \(why)")
    }
}

extension Value {
    /// As the name of a class: a whole number without a point.
    fileprivate var label: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): Int64(exactly: number).map(String.init) ?? "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        case .null, .list, .object: nil
        }
    }
}
