import { App } from "@/ui/app";

export default function Page() {
  return <App />;
}
