import { Socket } from "node:net";
import { doTasks } from "./do-tasks.js";

// What a worker process runs. Its parent is at the other end of the third pipe.
doTasks(new Socket({ fd: 3, readable: true, writable: true }));
