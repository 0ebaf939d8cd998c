import Testing
import WaybillCore
import WaybillTestSupport

/// `Benchmarks/analysis` on a smaller scale: the same seeds give the same rollouts everywhere.
struct CalibrationTests {
    static let question = AnalysisQuestion(
        bound: .increase(0), minRequests: 500, alpha: AnalysisQuestion.alpha(of: 2))

    /// Two steps, two metrics, of a canary like what serves.
    static func good(_ shape: TrafficShape) -> Calibration {
        Calibration(
            shape, rates: [.init(stable: 0.02, canary: 0.02), .init(stable: 0.05, canary: 0.05)],
            steps: [
                .init(weight: 5, requests: 100, canaryRequests: 300),
                .init(weight: 50, requests: 100, canaryRequests: 3000),
            ])
    }

    @Test(arguments: [TrafficShape.independent, .bursty])
    func `at most one good rollout in twenty is stopped`(_ shape: TrafficShape) {
        let rules: [any StopRule] = [
            JudgeRule([Self.question, Self.question]), ThresholdRule(.checks(5), limits: [0.03, 0.075]),
        ]
        let stopped = Self.good(shape).stopped(1..<301, rules)
        #expect(stopped[0] <= 15)
        // The same requests do stop by a rule that holds a rate against a threshold.
        #expect(stopped[1] > 60)
    }

    @Test(arguments: [5.0, 50])
    func `doubled errors are found by one and a half times the fixed sample`(_ weight: Double) {
        let fixed = Calibration.fixedSample(stable: 0.02, canary: 0.04, weight: weight)
        let calibration = Calibration(
            .independent, rates: [.init(stable: 0.02, canary: 0.04)],
            steps: [.init(weight: weight, requests: 200, canaryRequests: fixed * 3 / 2)])
        #expect(calibration.stopped(1..<201, [JudgeRule([Self.question])])[0] >= 164)
    }

    /// Fleiss, Levin and Paik's formula at equal arms: 1.96·√(2·0.03·0.97) + 1.2816·√(0.0384 + 0.0196) over 0.02, squared.
    @Test(arguments: [(50.0, 1527), (5.0, 737)])
    func `the fixed sample is the textbook's`(_ weight: Double, _ requests: Int) {
        #expect(Calibration.fixedSample(stable: 0.02, canary: 0.04, weight: weight) == requests)
    }
}
