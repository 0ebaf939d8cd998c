import Glibc
import WaybillGit

// What `waybill git-helper` does, as a program of its own for the tests.
exit(GitHelper.main())
