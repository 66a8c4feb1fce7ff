/**
 * The role of a process, which decides the variables that it reads. `start` runs all roles. `commands` are the one-shot ones, such as
 * `gatehouse event list`.
 */
export type Role = 'start' | 'receiver' | 'worker' | 'operator' | 'sandbox' | 'migrate' | 'commands'
