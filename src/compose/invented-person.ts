/** The body of Create Identity for an invented person, for the commands that demonstrate an onboarding. The simulator makes it. */
export { samplePerson } from '../sandbox/world/sample-person.ts'
